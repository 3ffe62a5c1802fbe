import { defineConfig } from 'tsup';

/**
 * The command, apart from the library: one file, of which nothing is loaded by an application. Built
 * after the library, whose build empties `dist`.
 */
const config: ReturnType<typeof defineConfig> = defineConfig({
  entry: { cli: 'src/cli/main.ts' },
  format: ['esm'],
  target: 'node20',
  dts: false,
  clean: false,
  splitting: false,
  minify: false,
});

export default config;
