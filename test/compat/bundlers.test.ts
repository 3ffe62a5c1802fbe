import { execFile } from 'node:child_process';
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from 'vitest';
import { installTools } from '../support/installed-packages.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { install } from './installations.js';
import { startApplication, type ApplicationEnd } from './run-application.js';

const run = promisify(execFile);

const BUNDLERS = {
  '@rollup/plugin-commonjs': '^28.0.0',
  '@rollup/plugin-json': '^6.1.0',
  '@rollup/plugin-node-resolve': '^16.0.0',
  '@rollup/plugin-terser': '^0.4.4',
  '@vercel/ncc': '^0.38.4',
  esbuild: '^0.27.0',
  rollup: '^4.0.0',
  // From 5.106 on it replaces an imported createRequire().
  webpack: '^5.106.0',
};

let application = '';
let tools = '';
let unbundled: readonly string[] = [];

beforeAll(async () => {
  const spec = { livekit: '1.9.0', packageManager: 'npm', apiCopies: 'one' } as const;
  application = realpathSync(await install(spec));
  tools = await installTools('bundlers', BUNDLERS);
  write('bundled.mjs', appCode('await setup()'));
  write('bundled-given.mjs', appCode('await setup({ modules: { livekitAgents: livekit } })'));
  unbundled = shapeOf((await start('bundled.mjs')).spans);
  expect(unbundled.length).toBeGreaterThan(25);
}, 600_000);

function write(name: string, text: string): void {
  writeFileSync(join(application, name), text);
}

function appCode(setUp: string): string {
  return `
    import * as livekit from '@livekit/agents';
    import { trace } from '@opentelemetry/api';
    import { manualSpan, setup } from 'catalyst-tracing';
    import * as zod from 'zod';
    import session from './scripted-session.cjs';
    async function main() {
      const tracing = ${setUp};
      await session.report(await session.runSession({ livekit, zod, trace, manualSpan }), tracing);
    }
    void main();`;
}

interface Run extends ApplicationEnd {
  readonly spans: readonly DecodedSpan[];
}

async function start(file: string): Promise<Run> {
  const receiver = await startReceiver();
  try {
    const end = await startApplication({
      directory: application,
      args: [file],
      env: { CATALYST_OTLP_ENDPOINT: receiver.endpoint },
    });
    return { ...end, spans: receiver.spans() };
  } finally {
    await receiver.close();
  }
}

/** Every span by its name and that of its parent. */
function shapeOf(spans: readonly DecodedSpan[]): readonly string[] {
  const names = new Map(spans.map(({ spanId, name }) => [spanId, name]));
  return spans
    .map(({ name, parentSpanId }) => `${names.get(parentSpanId) ?? '-'} > ${name}`)
    .toSorted();
}

async function bundle(variant: string, entry: string, inside = 'outside'): Promise<string> {
  const isEsm = /ESM|ncc/.test(variant);
  const folder = `out-${inside}-${variant.replaceAll(/\W+/g, '-')}-${entry.replace('.mjs', '')}`;
  // ncc names its output itself.
  const output = join(application, folder, isEsm ? 'index.mjs' : 'index.cjs');
  mkdirSync(dirname(output), { recursive: true });
  await run(process.execPath, [
    join(import.meta.dirname, 'bundle.cjs'),
    tools,
    variant,
    join(application, entry),
    output,
    inside,
  ]);
  return output;
}

describe('an agent that was bundled with LiveKit outside sends every span', () => {
  it.each([
    'webpack, CommonJS',
    'webpack, CommonJS, minified',
    'webpack, ESM',
    'webpack, ESM, minified',
    'webpack without createRequire',
    'ncc',
    'esbuild, CommonJS, minified',
    'esbuild, ESM',
    'rollup, ESM, minified',
    'rollup, CommonJS',
  ])('%s', async (variant) => {
    const { outcome, stderr, spans } = await start(await bundle(variant, 'bundled.mjs'));
    expect(stderr).toBe('');
    expect(outcome.errors).toEqual([]);
    expect(outcome.installResults).toContainEqual({
      name: 'livekitAgents',
      status: 'installed',
      installed: true,
      version: '1.9.0',
    });
    expect(shapeOf(spans)).toEqual(unbundled);
  });
});

describe('an agent that has LiveKit in its bundle', () => {
  const warning = '[catalyst-tracing] LiveKit is in this process and was not found, as in a bundle';

  it('sends every span, and is told once that LiveKit is not connected', async () => {
    const { outcome, stderr, spans } = await start(
      await bundle('esbuild, ESM', 'bundled.mjs', 'inside'),
    );
    expect(stderr.split('\n').filter((line) => line.startsWith(warning))).toHaveLength(1);
    expect(outcome.installResults).toContainEqual(
      expect.objectContaining({ name: 'livekitAgents', status: 'failed', installed: false }),
    );
    // Without the connection a tool's spans are one floor higher: below the turn.
    const inTurn = (shape: string): string =>
      shape.replace('function_tool > look', 'agent_turn > look');
    expect(shapeOf(spans)).toEqual(unbundled.map(inTurn).toSorted());
  });

  it('is connected when it passes LiveKit, and nothing is said', async () => {
    const { outcome, stderr, spans } = await start(
      await bundle('esbuild, ESM', 'bundled-given.mjs', 'inside'),
    );
    expect(stderr).not.toContain('[catalyst-tracing]');
    expect(outcome.installResults).toContainEqual(
      expect.objectContaining({ name: 'livekitAgents', status: 'installed', installed: true }),
    );
    expect(shapeOf(spans)).toEqual(unbundled);
  });
});
