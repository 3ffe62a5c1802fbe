import { defineConfig } from 'tsup';

const config: ReturnType<typeof defineConfig> = defineConfig({
  entry: ['src/index.ts', 'src/livekit-agents.ts', 'src/semconv.ts'],
  format: ['esm', 'cjs'],
  target: 'node20',
  // TypeScript 6 calls the `baseUrl` that tsup injects deprecated.
  dts: { compilerOptions: { ignoreDeprecations: '6.0', paths: {} } },
  clean: true,
  splitting: true,
  minify: false,
});

export default config;
