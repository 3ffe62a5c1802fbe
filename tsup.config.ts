import { readFileSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { defineConfig, type Options } from 'tsup';

type Plugin = NonNullable<Options['plugins']>[number];

const IMPORT_CALL = /\bimport\(/g;
const STAND_IN = '__keptImport(';

/**
 * Keeps `import()` in the CommonJS build. To share chunks there, tsup rewrites modules with a tool
 * that also turns `import()` into `require()`, which reaches no ESM copy of LiveKit.
 */
const keepDynamicImport: Plugin = {
  name: 'keep-dynamic-import',
  renderChunk(code) {
    return this.format === 'cjs' ? { code: code.replaceAll(IMPORT_CALL, STAND_IN) } : undefined;
  },
  async buildEnd({ writtenFiles }) {
    for (const { name } of writtenFiles) {
      const code = await readFile(name, 'utf8');
      if (code.includes(STAND_IN)) await writeFile(name, code.replaceAll(STAND_IN, 'import('));
    }
  },
};

const ENTRIES = {
  index: 'src/index.ts',
  'ai-sdk': 'src/ai-sdk.ts',
  anthropic: 'src/anthropic.ts',
  'claude-agent-sdk': 'src/claude-agent-sdk.ts',
  'cursor-sdk': 'src/cursor-sdk.ts',
  elevenlabs: 'src/elevenlabs.ts',
  langchain: 'src/langchain.ts',
  langgraph: 'src/langgraph.ts',
  langsmith: 'src/langsmith.ts',
  'livekit-agents': 'src/livekit-agents.ts',
  openai: 'src/openai.ts',
  'openai-agents': 'src/openai-agents.ts',
  'pi-ai': 'src/pi-ai.ts',
  semconv: 'src/semconv.ts',
};

/** What is loaded later, by `import()`. */
async function lazyModules(): Promise<string[]> {
  const modules: string[] = [];
  for (const name of await readdir('src', { recursive: true })) {
    const file = join('src', name);
    if (!file.endsWith('.ts')) continue;
    for (const [, path = ''] of readFileSync(file, 'utf8').matchAll(/\bimport\('(\.[^']+)'\)/g)) {
      modules.push(resolve(dirname(file), path.replace(/\.js$/, '.ts')));
    }
  }
  return modules;
}

/**
 * Makes one chunk of all that the main entry loads at once: without this, esbuild splits it by which
 * of the other entries and lazy modules shares what, and 25 files cost an agent's start 8 ms more
 * than one. So every other entry loads the main one, apart from `semconv`, which is constants.
 */
const MAIN = resolve(ENTRIES.index);
const sharesMain = new Set([
  ...(await lazyModules()),
  resolve('src/register.ts'),
  resolve('src/register-cjs.ts'),
  ...Object.entries(ENTRIES).flatMap(([name, file]) => (name === 'semconv' ? [] : [resolve(file)])),
]);
sharesMain.delete(MAIN);
const oneMainChunk: NonNullable<Options['esbuildPlugins']>[number] = {
  name: 'one-main-chunk',
  setup(build) {
    build.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, async ({ path }) => {
      if (!sharesMain.has(path)) return undefined;
      const main = relative(dirname(path), MAIN).replaceAll('\\', '/').replace(/\.ts$/, '.js');
      const from = main.startsWith('.') ? main : `./${main}`;
      return { contents: `${await readFile(path, 'utf8')}\nimport '${from}';\n`, loader: 'ts' };
    });
  },
};

const shared: Options = {
  target: 'node20',
  // `import.meta.url` in the CommonJS build.
  shims: true,
  plugins: [keepDynamicImport],
  esbuildPlugins: [oneMainChunk],
  splitting: true,
  // Constants only: loading the package costs an agent's start more than all of them.
  noExternal: ['@arizeai/openinference-semantic-conventions'],
  minify: false,
};

// Here and not by `clean`: the builds run at the same time.
await rm('dist', { recursive: true, force: true });

// One configuration for each format: only an ES module can await, as `register` does.
const config: ReturnType<typeof defineConfig> = defineConfig([
  { ...shared, format: ['esm'], entry: { ...ENTRIES, register: 'src/register.ts' } },
  { ...shared, format: ['cjs'], entry: { ...ENTRIES, register: 'src/register-cjs.ts' } },
  {
    // Both formats from one program: a build of types is most of the time of a build.
    format: ['esm', 'cjs'],
    entry: { ...ENTRIES, register: 'src/register.ts' },
    dts: {
      only: true,
      // TypeScript 6 calls the `baseUrl` that tsup injects deprecated.
      compilerOptions: { ignoreDeprecations: '6.0', paths: {}, stripInternal: true },
    },
  },
]);

export default config;
