import { readFile, rm, writeFile } from 'node:fs/promises';
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

const shared: Options = {
  target: 'node20',
  // TypeScript 6 calls the `baseUrl` that tsup injects deprecated.
  dts: { compilerOptions: { ignoreDeprecations: '6.0', paths: {}, stripInternal: true } },
  // `import.meta.url` in the CommonJS build.
  shims: true,
  plugins: [keepDynamicImport],
  splitting: true,
  minify: false,
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

// Here and not by `clean`: the two builds run at the same time.
await rm('dist', { recursive: true, force: true });

// One configuration for each format: only an ES module can await, as `register` does.
const config: ReturnType<typeof defineConfig> = defineConfig([
  { ...shared, format: ['esm'], entry: { ...ENTRIES, register: 'src/register.ts' } },
  { ...shared, format: ['cjs'], entry: { ...ENTRIES, register: 'src/register-cjs.ts' } },
]);

export default config;
