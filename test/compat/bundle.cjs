// Bundles an application: node bundle.cjs <tools> <variant> <entry> <output> <inside>
// LiveKit stays outside, as its native parts and its job processes need, unless <inside> says so.
const { execFileSync } = require('node:child_process');
const path = require('node:path');

const [, , tools, variant, entry, output, inside] = process.argv;
const tool = (name) => require(path.join(tools, 'node_modules', name));
const isOutside = (request) =>
  inside === 'inside'
    ? /^(?:@livekit\/rtc-|sharp$|onnxruntime)/.test(request)
    : request.startsWith('@livekit/');

/** ESM output has no `require` of its own, which CommonJS dependencies ask for. */
const BANNER = [
  "import { createRequire as createRequireOfBundle } from 'node:module';",
  "import { fileURLToPath as pathOfBundle } from 'node:url';",
  'const require = createRequireOfBundle(import.meta.url);',
  'const __filename = pathOfBundle(import.meta.url);',
  "const __dirname = pathOfBundle(new URL('.', import.meta.url));",
].join('\n');

async function webpack({ isEsm, isMinified, createRequire }) {
  const run = tool('webpack');
  const config = {
    mode: isMinified ? 'production' : 'development',
    devtool: false,
    target: 'node20',
    context: path.dirname(entry),
    entry,
    // The installations are inside the repository, whose tsconfig.json leads to the source.
    resolve: { tsconfig: false },
    externals: [
      ({ request }, done) =>
        isOutside(request) ? done(null, `${isEsm ? 'module' : 'commonjs'} ${request}`) : done(),
    ],
    experiments: isEsm ? { outputModule: true } : {},
    output: {
      path: path.dirname(output),
      filename: path.basename(output),
      ...(isEsm
        ? { module: true, library: { type: 'module' }, chunkFormat: 'module' }
        : { library: { type: 'commonjs2' } }),
    },
    ...(createRequire !== undefined && { module: { parser: { javascript: { createRequire } } } }),
  };
  const stats = await new Promise((resolve, reject) => {
    run(config, (error, result) => (error ? reject(error) : resolve(result)));
  });
  if (stats.hasErrors()) throw new Error(stats.toString({ all: false, errors: true }));
}

async function esbuild({ isEsm, isMinified }) {
  await tool('esbuild').build({
    entryPoints: [entry],
    outfile: output,
    bundle: true,
    tsconfigRaw: {},
    platform: 'node',
    format: isEsm ? 'esm' : 'cjs',
    minify: isMinified,
    external:
      inside === 'inside' ? ['@livekit/rtc-node', 'sharp', 'onnxruntime-node'] : ['@livekit/*'],
    banner: isEsm ? { js: BANNER } : {},
    logLevel: 'error',
  });
}

async function rollup({ isEsm, isMinified }) {
  const plugin = (name) => {
    const loaded = tool(`@rollup/plugin-${name}`);
    return (loaded.default ?? loaded)();
  };
  const bundle = await tool('rollup').rollup({
    input: entry,
    external: (id) => isOutside(id) || require('node:module').isBuiltin(id),
    plugins: [plugin('json'), plugin('node-resolve'), plugin('commonjs')],
    onwarn: () => {},
  });
  await bundle.write({
    file: output,
    format: isEsm ? 'es' : 'cjs',
    inlineDynamicImports: true,
    plugins: isMinified ? [plugin('terser')] : [],
  });
}

async function ncc() {
  const cli = path.join(tools, 'node_modules', '@vercel', 'ncc', 'dist', 'ncc', 'cli.js');
  execFileSync(
    process.execPath,
    [
      cli,
      'build',
      entry,
      '-o',
      path.dirname(output),
      '-e',
      '@livekit/agents',
      '-e',
      '@livekit/rtc-node',
    ],
    { cwd: path.dirname(entry), stdio: 'pipe' },
  );
}

const VARIANTS = {
  'webpack, CommonJS': () => webpack({ isEsm: false, isMinified: false }),
  'webpack, CommonJS, minified': () => webpack({ isEsm: false, isMinified: true }),
  'webpack, ESM': () => webpack({ isEsm: true, isMinified: false }),
  'webpack, ESM, minified': () => webpack({ isEsm: true, isMinified: true }),
  'webpack without createRequire': () =>
    webpack({ isEsm: false, isMinified: false, createRequire: false }),
  ncc,
  'esbuild, CommonJS, minified': () => esbuild({ isEsm: false, isMinified: true }),
  'esbuild, ESM': () => esbuild({ isEsm: true, isMinified: false }),
  'rollup, ESM, minified': () => rollup({ isEsm: true, isMinified: true }),
  'rollup, CommonJS': () => rollup({ isEsm: false, isMinified: false }),
};

VARIANTS[variant]().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
