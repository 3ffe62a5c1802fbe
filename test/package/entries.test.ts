import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConsumer, MANIFEST, type Consumer } from './consumer.js';

let consumer: Consumer;
beforeAll(async () => {
  consumer = await createConsumer();
});
afterAll(() => consumer.remove());

/** Runs a module and returns what it printed last, as JSON. */
async function evaluate<T>(name: string, code: string, env?: NodeJS.ProcessEnv): Promise<T> {
  const outcome = await consumer.node([consumer.write(name, code)], env);
  expect(outcome, outcome.stderr).toMatchObject({ code: 0 });
  return JSON.parse(outcome.stdout.trim().split('\n').at(-1) ?? '');
}

const LIST_LOADED = `
  const names = new Set();
  const files = Object.keys(require.cache).filter((file) => file !== __filename);
  for (const file of files) {
    const name = file.split(/[\\\\/]node_modules[\\\\/]/).at(-1).match(/^(@[^\\\\/]+.)?[^\\\\/]+/)[0];
    names.add(name.replace('\\\\', '/'));
  }
  console.log(JSON.stringify({ names: [...names].sort(), files: files.length }));
`;
interface Loaded {
  readonly names: readonly string[];
  readonly files: number;
}

describe('every entry', () => {
  const entries = Object.keys(MANIFEST.exports)
    .filter((path) => path.startsWith('.') && !/package\.json|register/.test(path))
    .map((path) => `catalyst-tracing${path.slice(1)}`);

  it.each(entries)('%s gives the same names to import and to require', async (entry) => {
    const imported = await evaluate<string[]>(
      'names.mjs',
      `console.log(JSON.stringify(Object.keys(await import('${entry}')).sort()));`,
    );
    const required = await evaluate<string[]>(
      'names.cjs',
      `console.log(JSON.stringify(Object.keys(require('${entry}')).sort()));`,
    );
    expect(imported.length).toBeGreaterThan(0);
    expect(required).toEqual(imported);
  });

  it('package.json can be read through the package', async () => {
    const version = await evaluate<string>(
      'manifest.cjs',
      `console.log(JSON.stringify(require('catalyst-tracing/package.json').version));`,
    );
    expect(version).toBe(MANIFEST.version);
  });
});

describe('the ESM and the CommonJS build of one process', () => {
  it('share one live tracing, whoever set it up', async () => {
    const code = (first: string, second: string): string => `
      import * as esm from 'catalyst-tracing';
      import { createRequire } from 'node:module';
      const cjs = createRequire(import.meta.url)('catalyst-tracing');
      const tracing = await ${first}.setup();
      const again = await ${second}.setup();
      const error = await ${second}.setup.call(null, undefined);
      await tracing.shutdown();
      const fresh = await ${second}.setup();
      console.log(JSON.stringify({ shared: tracing === again && again === error, fresh: fresh !== tracing, two: esm.setup !== cjs.setup }));
    `;
    const shared = { shared: true, fresh: true, two: true };
    expect(await evaluate('share.mjs', code('esm', 'cjs'))).toEqual(shared);
    expect(await evaluate('share.mjs', code('cjs', 'esm'))).toEqual(shared);
  });

  it('recognise each other’s errors', async () => {
    const code = `
      import * as esm from 'catalyst-tracing';
      import { createRequire } from 'node:module';
      const cjs = createRequire(import.meta.url)('catalyst-tracing');
      const error = await cjs.setup({ endpoint: 'ftp://example.com' }).catch((error) => error);
      console.log(JSON.stringify([error.code, esm.isCatalystTracingError(error), error instanceof esm.CatalystTracingError]));
    `;
    expect(await evaluate('errors.mjs', code)).toEqual(['invalid_option', true, false]);
  });
});

describe('loading', () => {
  it('the constants takes no SDK along', async () => {
    const { names } = await evaluate<Loaded>(
      'semconv.cjs',
      `require('catalyst-tracing/semconv');${LIST_LOADED}`,
    );
    // The names of OpenInference are built in.
    expect(names).toEqual(['catalyst-tracing']);
  });

  it('the package takes OpenTelemetry’s SDK and OpenInference along, and little else', async () => {
    const uses = Object.keys({ ...MANIFEST.dependencies, '@opentelemetry/api': '' });
    const requires = uses.map((name) => `require('${name}');`).join('');
    const base = await evaluate<Loaded>('base.cjs', requires + LIST_LOADED);
    const ours = await evaluate<Loaded>('ours.cjs', `require('catalyst-tracing');${LIST_LOADED}`);
    expect(ours.names.filter((name) => !base.names.includes(name))).toEqual(['catalyst-tracing']);
    expect(base.files).toBeGreaterThan(100);
    expect(ours.files).toBeLessThanOrEqual(base.files * 1.2);
  });

  it.each([
    ['with LiveKit installed', `{}`],
    ['without looking for it', `{ autoInstrument: false }`],
  ])(
    'and setting up loads no LiveKit that the application does not use, %s',
    async (_, options) => {
      const { names } = await evaluate<Loaded>(
        'unused.cjs',
        `require('catalyst-tracing').setup(${options}).then(() => {${LIST_LOADED}});`,
      );
      expect(names).toContain('catalyst-tracing');
      expect(names.filter((name) => name.startsWith('@livekit/'))).toEqual([]);
    },
  );
});

it('a process that set up tracing ends by itself', async () => {
  const code = `
    import { manualSpan, setup } from 'catalyst-tracing';
    await setup({ endpoint: 'http://127.0.0.1:9', delivery: { shutdownTimeoutMillis: 1000 } });
    await manualSpan({ spanName: 'work' }, () => undefined);
    console.log(JSON.stringify('done'));
  `;
  expect(await evaluate('ends.mjs', code)).toBe('done');
});
