import { afterEach, describe, expect, it } from 'vitest';
import { startChild, type Ended, type RunningChild } from '../support/child-process.js';
import { startReceiver, type Receiver, type ReceiverOptions } from '../support/otlp-receiver.js';

let receiver: Receiver | undefined;

async function receive(options: ReceiverOptions = {}): Promise<Receiver> {
  receiver = await startReceiver(options);
  return receiver;
}

afterEach(async () => {
  await receiver?.close();
});

function start(url: string, how: string): RunningChild {
  return startChild('delivery-child', [url, how]);
}

function names(): string[] {
  return (receiver?.spans() ?? []).map((span) => span.name).toSorted();
}

async function run(url: string, how: string): Promise<Ended> {
  return start(url, how).ended;
}

describe('every span arrives, and the process ends as it would have', () => {
  it.each([
    ['runs out of work', 'natural', 0, ''],
    ['runs out of work with an exit code set', 'exitCode', 4, ''],
    ['calls process.exit()', 'exit', 5, ''],
    ['throws', 'throw', 1, 'boom'],
    ['rejects', 'reject', 1, 'boom'],
  ])('when it %s', async (_, how, code, printed) => {
    const { url } = await receive();
    const ended = await run(url, how);
    expect(ended).toMatchObject({ code, signal: null });
    expect(names()).toEqual(['a', 'b', 'c']);
    expect(ended.stderr).toContain(printed);
    expect(ended.stderr).not.toContain('warning');
  });

  it('when a handler of uncaught exceptions ends it', async () => {
    const { url } = await receive();
    expect(await run(url, 'caught')).toMatchObject({ code: 6, signal: null });
    expect(names()).toEqual(['a', 'after', 'b', 'c']);
  });

  it('when a span ends while the exit is put off', async () => {
    const { url } = await receive();
    expect(await run(url, 'lateSpan')).toMatchObject({ code: 0, signal: null });
    expect(names()).toEqual(['a', 'b', 'c', 'late']);
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('on %s', async (signal) => {
    const { url } = await receive();
    const child = start(url, 'signal');
    await child.wrote('ready');
    child.process.kill(signal);
    expect(await child.ended).toMatchObject({ code: null, signal });
    expect(names()).toEqual(['a', 'b', 'c']);
  });

  it("on a signal that the application's own handler answers with process.exit()", async () => {
    const { url } = await receive();
    const child = start(url, 'signalWithHandler');
    await child.wrote('ready');
    child.process.kill('SIGTERM');
    expect(await child.ended).toMatchObject({ code: 7, signal: null });
    expect(new Set(names())).toEqual(new Set(['a', 'b', 'c']));
  });

  it('on a signal that the application ignores, and it lives on', async () => {
    const collector = await receive();
    const child = start(collector.url, 'signalIgnored');
    await child.wrote('ready');
    child.process.kill('SIGTERM');
    await child.wrote('ignored');
    await collector.waitForSpans(3);
    expect(child.process.exitCode).toBeNull();
    child.process.kill('SIGINT');
    expect(await child.ended).toMatchObject({ code: null, signal: 'SIGINT' });
  });
});

describe('a collector that hangs', () => {
  it('puts a natural exit off for the timeout, once, and the loss is said', async () => {
    const { url } = await receive({ respond: () => ({ hang: true }) });
    const ended = await run(url, 'natural');
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.millis).toBeLessThan(10_000);
    expect(ended.stderr).toContain('warning: The process exited before every span');
  });

  it('does not keep a process alive that nobody told to wait', async () => {
    const { url } = await receive({ respond: () => ({ hang: true }) });
    const ended = await run(url, 'untriggered');
    expect(ended).toMatchObject({ code: 0, signal: null });
    expect(ended.millis).toBeLessThan(8000); // The request itself would wait for 10 s.
    expect(receiver?.requests()).toHaveLength(1);
  });

  it('does not outlast a second signal', async () => {
    const collector = await receive({ respond: () => ({ hang: true }) });
    const child = start(collector.url, 'signal');
    await child.wrote('ready');
    child.process.kill('SIGINT');
    await collector.waitForRequests(1);
    const second = Date.now();
    child.process.kill('SIGINT');
    expect(await child.ended).toMatchObject({ code: null, signal: 'SIGINT' });
    expect(Date.now() - second).toBeLessThan(1500);
  });
});
