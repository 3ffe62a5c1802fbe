import { readFile, writeFile } from 'node:fs/promises';
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

const config: ReturnType<typeof defineConfig> = defineConfig({
  entry: [
    'src/index.ts',
    'src/ai-sdk.ts',
    'src/anthropic.ts',
    'src/livekit-agents.ts',
    'src/openai.ts',
    'src/openai-agents.ts',
    'src/register.ts',
    'src/semconv.ts',
  ],
  format: ['esm', 'cjs'],
  target: 'node20',
  // TypeScript 6 calls the `baseUrl` that tsup injects deprecated.
  dts: { compilerOptions: { ignoreDeprecations: '6.0', paths: {} } },
  // `import.meta.url` in the CommonJS build.
  shims: true,
  plugins: [keepDynamicImport],
  clean: true,
  splitting: true,
  minify: false,
});

export default config;
