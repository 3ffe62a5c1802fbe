import { defineConfig, type Options } from 'tsup';

const SHARED: Options = {
  dts: false,
  // Built after the library, whose build empties `dist`.
  clean: false,
  splitting: false,
  minify: false,
};

/** The command, apart from the library: one file, of which nothing is loaded by an application. */
const COMMAND: Options = {
  ...SHARED,
  entry: { cli: 'src/cli/main.ts' },
  format: ['esm'],
  target: 'node20',
};

/** Script and style of the page of `catalyst-tracing dev`, which the command serves. */
const PAGE: Options = {
  ...SHARED,
  minify: true,
  entry: { page: 'src/cli/page/main.ts' },
  format: ['iife'],
  platform: 'browser',
  target: 'es2022',
  tsconfig: 'src/cli/page/tsconfig.json',
  outExtension: () => ({ js: '.js' }),
};

const STYLE: Options = {
  ...SHARED,
  minify: true,
  entry: { page: 'src/cli/page/page.css' },
  format: ['esm'],
};

const config: ReturnType<typeof defineConfig> = defineConfig([COMMAND, PAGE, STYLE]);

export default config;
