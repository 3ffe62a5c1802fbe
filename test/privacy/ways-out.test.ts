import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as livekitAgents from '@livekit/agents';
import { voice } from '@livekit/agents';
import { trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { setup, type PrivacyOptions } from '../../src/index.js';
import { listen } from '../support/everything-said.js';
import { startReceiver, type Receiver, type ReceiverResponse } from '../support/otlp-receiver.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession } from '../support/sessions.js';

const SECRET = 'canary-81be40';

let receiver: Receiver;
afterEach(async () => {
  trace.disable();
  await receiver.close();
});

describe('a collector that quotes content', () => {
  const text = { 'content-type': 'text/plain' };
  const json = { 'content-type': 'application/json' };
  const partial = (rejectedSpans: number): string =>
    JSON.stringify({ partialSuccess: { rejectedSpans, errorMessage: `no ${SECRET}` } });
  const ANSWERS: readonly (readonly [string, ReceiverResponse, string])[] = [
    ['refuses', { status: 400, headers: text, body: `bad value ${SECRET}` }, 'status 400'],
    ['explains', { status: 422, headers: json, body: `{"message":"${SECRET}"}` }, 'status 422'],
    ['fails', { status: 503, headers: text, body: SECRET }, '503'],
    ['takes a part', { status: 200, headers: json, body: partial(1) }, 'not 1 of its spans'],
    ['warns', { status: 200, headers: json, body: partial(0) }, 'with a warning'],
    ['redirects', { status: 302, headers: { location: `/${SECRET}` } }, 'status 302'],
  ];
  const WAYS: readonly PrivacyOptions[] = [
    { hideOutputs: true },
    { hideEmbeddingsVectors: true },
    { captureMessageContent: false },
    { base64AudioMaxLength: 0 },
    { redactPatterns: 'default' },
    { toolJsonPaths: ['$.a'] },
    { redact: (value) => value },
  ];

  it.each(ANSWERS)('%s: the log has its status and a count', async (_how, answer, shown) => {
    for (const [index, privacy] of WAYS.entries()) {
      receiver = await startReceiver({ respond: () => answer });
      const log = listen();
      const { endpoint } = receiver;
      const tracing = await setup({ endpoint, autoInstrument: false, debug: true, privacy });
      tracing.tracer.startSpan('s', { attributes: { 'input.value': SECRET } }).end();
      await tracing.shutdown({ timeoutMillis: 300 });
      log.stop();
      trace.disable();
      expect(receiver.requests().length).toBeGreaterThan(0);
      // Each is said once in a process.
      if (index === 0) expect(log.text()).toContain(shown);
      expect(log.text()).not.toContain(SECRET);
      if (index < WAYS.length - 1) await receiver.close();
    }
  });

  it('is quoted where nothing is withheld', async () => {
    receiver = await startReceiver({
      respond: () => ({ status: 409, headers: text, body: 'no such project' }),
    });
    const log = listen();
    const tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false });
    tracing.tracer.startSpan('s').end();
    await tracing.shutdown({ timeoutMillis: 300 });
    log.stop();
    expect(log.text()).toContain('no such project');
  });
});

describe('a spool', () => {
  const TAKING = { status: 200 };
  const run = async (directory: string, privacy: PrivacyOptions, secret: string): Promise<void> => {
    const tracing = await setup({
      endpoint: receiver.endpoint,
      autoInstrument: false,
      privacy,
      delivery: { spoolDirectory: directory },
    });
    tracing.tracer.startSpan('s', { attributes: { 'output.value': secret } }).end();
    // Time to look into the spool.
    await sleep(300);
    await tracing.shutdown({ timeoutMillis: 500 });
    trace.disable();
  };
  const isSent = (after: number): boolean =>
    receiver
      .requests()
      .slice(after)
      .some(({ body }) => Buffer.from(body).includes(SECRET));

  it.each<readonly [string, PrivacyOptions]>([
    ['a switch', { allowPii: false }],
    ['a narrow switch', { hideOutputs: true }],
    ['a limit of images', { base64ImageMaxLength: 0 }],
    ['patterns', { redactPatterns: [new RegExp(SECRET)] }],
    ['another hook', { redact: () => '…' }],
  ])('that was written without %s is not sent by a process that has it', async (_what, privacy) => {
    const directory = mkdtempSync(join(tmpdir(), 'other-spool-'));
    try {
      receiver = await startReceiver({ respond: () => ({ status: 503 }) });
      await run(directory, {}, SECRET);
      const written = readdirSync(directory);
      expect(written).not.toEqual([]);
      const before = receiver.requests().length;
      receiver.respond(() => TAKING);
      await run(directory, privacy, 'something else');
      expect(receiver.requests().length).toBeGreaterThan(before);
      expect(isSent(before)).toBe(false);
      expect(readdirSync(directory)).toEqual(written);
      // The next process that is set up as the first one was sends it.
      await run(directory, {}, 'something else');
      expect(isSent(before)).toBe(true);
      expect(readdirSync(directory)).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
});

describe('a session of LiveKit that never ends', () => {
  it('is sent as incomplete without content, observed or not', async () => {
    receiver = await startReceiver();
    const tracing = await setup({
      endpoint: receiver.endpoint,
      modules: { livekitAgents },
      rawContent: true,
      userId: 'alice',
    });
    let session: voice.AgentSession | undefined;
    await runTextSession({
      agent: new voice.Agent({ instructions: 'Help.' }),
      llm: new ScriptedLLM({ replies: [{ text: SECRET }] }),
      turns: [SECRET],
      onSession: (opened) => {
        session = opened;
        tracing.observe(opened);
      },
      close: false,
    });
    await tracing.shutdown();
    await session?.close();
    const open = receiver.spans().filter(({ attributes }) => attributes['catalyst.incomplete']);
    expect(open.map(({ name }) => name)).toContain('agent_session');
    expect(JSON.stringify(open.map(({ attributes }) => attributes))).not.toContain(SECRET);
    const ended = receiver.spans().filter((span) => !open.includes(span));
    expect(JSON.stringify(ended.map(({ attributes }) => attributes))).toContain(SECRET);
  });
});
