import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { agentSpan, setup, type CatalystTracing, type SetupOptions } from '../../src/index.js';
import { bundled } from '../support/child-process.js';
import { startReceiver } from '../support/otlp-receiver.js';

let warned: string[] = [];
let tracing: CatalystTracing | undefined;

beforeEach(() => {
  warned = [];
  vi.spyOn(console, 'warn').mockImplementation((line: string) => void warned.push(line));
});

afterEach(async () => {
  await tracing?.shutdown();
  tracing = undefined;
  vi.restoreAllMocks();
});

/** What JavaScript may pass: no type stops it. */
function hostile(name: string, value: () => unknown): SetupOptions {
  return Object.defineProperty({}, name, { enumerable: true, get: value });
}

describe('setup() with a part that throws', () => {
  it('resolves with tracing off, says why once, and can be called again', async () => {
    const receiver = await startReceiver();
    const options = hostile('userId', () => {
      throw new Error('the option is gone');
    });
    tracing = await setup(options);
    expect(warned).toEqual([
      expect.stringMatching(/setup\(\) failed unexpectedly: the option is gone\. Tracing is off/),
    ]);
    expect(await agentSpan({ agentId: 'a' }, () => 'it ran')).toBe('it ran');
    expect(await tracing.forceFlush()).toEqual({ exported: 0, dropped: 0, pending: 0 });
    expect(await setup()).toBe(tracing);
    await tracing.shutdown();

    tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false });
    tracing.tracer.startSpan('after').end();
    await tracing.forceFlush();
    expect(receiver.spans()).toHaveLength(1);
    await receiver.close();
  });

  it('still rejects an option that cannot be used, and then is free for another call', async () => {
    await expect(setup({ endpoint: 'nonsense' })).rejects.toMatchObject({
      code: 'invalid_option',
      option: 'endpoint',
    });
    tracing = await setup({ exporters: [], autoInstrument: false });
    expect(tracing.serviceName).toBe('livekit-agent');
  });

  it('traces without LiveKit when LiveKit refuses the provider', async () => {
    const receiver = await startReceiver();
    const livekitAgents = {
      telemetry: {
        setTracerProvider: () => {
          throw new Error('not today');
        },
      },
    };
    tracing = await setup({ endpoint: receiver.endpoint, modules: { livekitAgents } });
    expect(tracing.installResults).toContainEqual({
      name: 'livekitAgents',
      status: 'failed',
      installed: false,
      reason: 'LiveKit did not take the tracer provider: not today',
    });
    expect(warned.filter((line) => line.includes('not today'))).toHaveLength(1);
    tracing.tracer.startSpan('own').end();
    await tracing.forceFlush();
    expect(receiver.spans().map(({ name }) => name)).toEqual(['own']);
    await receiver.close();
  });
});

describe('setup() in a process where', () => {
  it.each([
    [
      'the working directory was deleted',
      `const directory = mkdtempSync(join(tmpdir(), 'gone-'));
       process.chdir(directory);
       rmSync(directory, { recursive: true });`,
    ],
    ['Node’s modules are out of reach', 'process.getBuiltinModule = undefined;'],
    ['there is no main module', 'process.argv.length = 1;'],
  ])('%s traces all the same', async (_what, prepare) => {
    const receiver = await startReceiver();
    const script = `
      import { mkdtempSync, rmSync } from 'node:fs';
      import { tmpdir } from 'node:os';
      import { join } from 'node:path';
      import { manualSpan, setup } from ${JSON.stringify(bundled('index'))};
      ${prepare}
      const tracing = await setup();
      await manualSpan({ spanName: 'work' }, () => {});
      console.log(JSON.stringify(await tracing.shutdown()));
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
      env: { PATH: process.env['PATH'], CATALYST_OTLP_ENDPOINT: receiver.endpoint },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 20_000,
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({ exported: 1, dropped: 0, pending: 0 });
    expect(receiver.spans().map(({ name }) => name)).toEqual(['work']);
    await receiver.close();
  });
});
