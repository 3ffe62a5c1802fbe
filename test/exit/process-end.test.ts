import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startChild, type Ended, type RunningChild } from '../support/child-process.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import type { SetupOptions } from '../../src/index.js';

let receiver: Receiver;

beforeEach(async () => {
  receiver = await startReceiver();
});

afterEach(async () => {
  await receiver.close();
});

function start(how: string, options: SetupOptions = {}): RunningChild {
  const given = { endpoint: receiver.endpoint, ...options };
  return startChild('traced-child', [how, JSON.stringify(given)]);
}

/** The same program, without tracing. */
function startUntraced(how: string): RunningChild {
  return startChild('traced-child', [how, '{}'], { UNTRACED: 'yes' });
}

async function signalled(child: RunningChild, signal: NodeJS.Signals): Promise<Ended> {
  await child.wrote('ready');
  child.process.kill(signal);
  return child.ended;
}

/**
 * What somebody sees of a process that has ended: not the time that it took, nor Node's own frames in
 * a stack, which tell whether anybody uses async hooks.
 */
function seen({ code, signal, stdout, stderr }: Ended): Omit<Ended, 'millis'> {
  return { code, signal, stdout, stderr: stderr.replaceAll(/ +at .*\(node:internal.*\n/g, '') };
}

function names(): readonly string[] {
  return receiver
    .spans()
    .map((span) => span.name)
    .toSorted();
}

describe('a process that setup() traces ends as it would have, and every span arrives once', () => {
  it.each([
    ['runs out of work', 'natural'],
    ['runs out of work with an exit code set', 'exitCode'],
    ['calls process.exit()', 'exit'],
    ['throws', 'throw'],
    ['rejects', 'reject'],
    ['handles an exception itself', 'caught'],
    ['handles a rejection itself', 'handled'],
  ])('when it %s', async (_, how) => {
    const [traced, untraced] = await Promise.all([start(how).ended, startUntraced(how).ended]);
    expect(seen(traced)).toEqual(seen(untraced));
    expect(names()).toEqual(['greeter.run', 'step']);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('on %s', async (signal) => {
    const ended = await signalled(start('signal'), signal);
    expect(seen(ended)).toEqual({ code: null, signal, stdout: 'ready\n', stderr: '' });
    expect(names()).toEqual(['greeter.run', 'step']);
  });

  it('on a signal that a handler of its own answers with process.exit()', async () => {
    const ended = await signalled(start('ownHandler'), 'SIGTERM');
    expect(seen(ended)).toEqual({ code: 7, signal: null, stdout: 'ready\n', stderr: '' });
    expect(new Set(names())).toEqual(new Set(['greeter.run', 'step']));
  });

  it('on a signal that a handler of its own answers with shutdown()', async () => {
    const ended = await signalled(start('ownShutdown'), 'SIGTERM');
    expect(seen(ended)).toEqual({ code: 8, signal: null, stdout: 'ready\n', stderr: '' });
    expect(names()).toEqual(['greeter.run', 'step']);
  });

  it('on a signal while a span is open, which is sent as incomplete', async () => {
    const ended = await signalled(start('openSpan'), 'SIGTERM');
    expect(seen(ended)).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
    expect(names()).toEqual(['greeter.run', 'step', 'waits for good.run']);
    const open = receiver.spans().find(({ name }) => name === 'waits for good.run');
    expect(open?.attributes).toMatchObject({
      'catalyst.incomplete': true,
      'openinference.span.kind': 'AGENT',
    });
  });

  it('when it exits in the middle of a shutdown()', async () => {
    const ended = await start('shutdownAndExit').ended;
    expect(seen(ended)).toMatchObject({ code: 9, signal: null, stderr: '' });
    expect(new Set(names())).toEqual(new Set(['greeter.run', 'step']));
  });

  it('on a signal with a second span path in the process', async () => {
    const ended = await signalled(start('twoPaths'), 'SIGTERM');
    expect(seen(ended)).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(names()).toEqual(['greeter.run', 'of the second path', 'step']);
  });
});

describe("an application's own exporter, without an endpoint", () => {
  const env = { PRINTS_SPANS: 'yes' };

  it('has every span when the process runs out of work', async () => {
    const ended = await startChild('traced-child', ['natural'], env).ended;
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.stdout).toMatch(/name: 'greeter\.run'[^]*name: 'step'/);
  });

  it('has every span when a signal ends the process', async () => {
    const ended = await signalled(startChild('traced-child', ['signal'], env), 'SIGTERM');
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(ended.stdout).toMatch(/name: 'greeter\.run'[^]*name: 'step'/);
  });
});

describe('a process whose collector is not there', () => {
  it('ends by itself, after the deadline', async () => {
    receiver.respond(() => ({ hang: true }));
    const child = start('natural', { delivery: { shutdownTimeoutMillis: 500 } });
    const ended = await child.ended;
    expect(ended).toMatchObject({ code: 0, signal: null });
    const [first] = receiver.requests();
    expect(Date.now() - (first?.receivedAtMillis ?? 0)).toBeLessThan(6000);
    expect(ended.stderr.match(/catalyst-tracing/g)).toHaveLength(1);
  });

  it('dies of its signal, after the deadline', async () => {
    receiver.respond(() => ({ hang: true }));
    const child = start('signal', { delivery: { shutdownTimeoutMillis: 500 } });
    expect(await signalled(child, 'SIGTERM')).toMatchObject({ code: null, signal: 'SIGTERM' });
  });
});
