import { EventEmitter } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as livekitAgents from '@livekit/agents';
import { JobContext, llm, voice } from '@livekit/agents';
import { ExportResultCode } from '@opentelemetry/core';
import { SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { expect } from 'vitest';
import * as z from 'zod';
import {
  agentSpan,
  manualSpan,
  setup,
  type CatalystTracing,
  type SetupOptions,
} from '../../src/index.js';
import { listen, lookInto, withEnv, writeDown } from '../support/everything-said.js';
import { recordForeignSpans } from '../support/foreign-spans.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver } from '../support/otlp-receiver.js';
import type { Secrets } from '../support/planted-secrets.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession, type SessionRunOptions } from '../support/sessions.js';
import type { Outcome } from './canary-delivery.js';

/** How a live session is run, and how its content is withheld. */
export interface LiveWay {
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: SetupOptions;
  readonly record?: SessionRunOptions['record'];
  readonly around?: (run: () => Promise<void>) => Promise<void>;
  /** Whether spans of other tracers end beside it. */
  readonly foreign?: boolean;
}

/** What became of a live session. */
export interface Held {
  readonly places: Outcome['places'];
  readonly spans: readonly DecodedSpan[];
  /** Names of spans with their kinds, tokens and codes, in no order. */
  readonly structure: readonly string[];
}

/** A session in which everybody says, passes and throws secrets, within spans of the application. */
async function hold(
  tracing: CatalystTracing,
  secrets: Secrets,
  record: SessionRunOptions['record'],
): Promise<void> {
  const { asked, answered, error, own, person, tools } = secrets;
  const parameters = z.object({ q: z.string() });
  const tool = (name: string, execute: () => Promise<string>) =>
    llm.tool({ name, description: tools, parameters, execute });
  const calls = ['works', 'refuses', 'breaks'].map((name) => ({
    name,
    arguments: { q: secrets.arguments },
  }));
  const agent = new voice.Agent({
    instructions: asked,
    tools: [
      tool('works', async () => answered),
      tool('refuses', async () => {
        throw new llm.ToolError(error);
      }),
      tool('breaks', async () => {
        throw new Error(error);
      }),
    ],
  });
  const model = new ScriptedLLM({
    replies: [
      { toolCalls: calls, usage: { prompt: 20, completion: 8 } },
      { text: answered, usage: { prompt: 30, completion: 9 } },
      { error: new Error(error) },
    ],
  });
  const said = { agentName: 'Support', userId: person, metadata: { own }, tags: [own] };
  const ended: (() => Promise<void>)[] = [];
  const job = { addShutdownCallback: (callback: () => Promise<void>) => void ended.push(callback) };
  const inSpan = () =>
    agentSpan({ ...said, input: { asked } }, async (span) => {
      await runTextSession({
        agent,
        llm: model,
        turns: [asked, asked, async (session) => session.say(answered).waitForPlayout()],
        onSession: (session) => tracing.observe(session),
        ...(record !== undefined && { record }),
      });
      span.setOutput(answered).setAttribute('customer.note', own);
      await manualSpan({ spanName: 'lookup', input: asked, output: [answered] }, () => {
        throw new Error(error);
      }).catch(() => undefined);
      throw new Error(error);
    });
  await tracing.job(job, said, inSpan).catch(() => undefined);
  for (const callback of ended) await callback();
  expect(model.unplayed).toBe(0);
}

/** Runs the session with tracing that is set up this way, and says what was written meanwhile. */
async function run(way: LiveWay, secrets: Secrets, given: SetupOptions): Promise<string> {
  const { env = {}, options, around = (inner) => inner(), record, foreign = true } = way;
  const log = listen();
  try {
    await withEnv(env, async () => {
      const tracing = await setup({
        modules: { livekitAgents },
        debug: true,
        rawContent: true,
        ...options,
        ...given,
      });
      await around(async () => {
        await hold(tracing, secrets, record);
        if (foreign) recordForeignSpans(tracing.provider, secrets);
      });
      await tracing.shutdown();
    });
    return log.text();
  } finally {
    log.stop();
  }
}

/** Once to a collector that takes it, once to one that is away. */
export async function holdWith(way: LiveWay, secrets: Secrets): Promise<Held> {
  const receiver = await startReceiver();
  const away = await startReceiver({ respond: () => ({ status: 503 }) });
  const spoolDirectory = mkdtempSync(join(tmpdir(), 'live-canary-'));
  try {
    const views: string[] = [];
    const processor = new SimpleSpanProcessor({
      export: (spans, done) => {
        for (const span of spans) {
          views.push(writeDown(span));
          // Every other one: printing them takes longer than the session.
          if (views.length % 4 === 1) views.push(lookInto(span));
        }
        done({ code: ExportResultCode.SUCCESS });
      },
      shutdown: () => Promise.resolve(),
    });
    const { endpoint } = receiver;
    const logs = await run(way, secrets, { endpoint, spanProcessors: [processor] });
    // What a collector that is away does not take in this time goes to the spool.
    const failed = {
      endpoint: away.endpoint,
      compression: 'none',
      delivery: { spoolDirectory, shutdownTimeoutMillis: 60 },
    } as const;
    const logsOfFailure = await run(way, secrets, failed);
    const bodies = receiver.requests().map(({ body }) => Buffer.from(body).toString('latin1'));
    return {
      places: {
        wire: bodies.join('\n'),
        views: views.join('\n'),
        spool: readAll(spoolDirectory),
        logs: `${logs}\n${logsOfFailure}`,
      },
      spans: receiver.spans(),
      structure: structureOf(receiver.spans()),
    };
  } finally {
    await receiver.close();
    await away.close();
    rmSync(spoolDirectory, { recursive: true, force: true });
  }
}

function readAll(directory: string): string {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true });
  const kept = files.filter((file) => file.isFile());
  expect(kept.length, 'spool files').toBeGreaterThan(0);
  return kept.map((file) => readFileSync(join(file.parentPath, file.name), 'latin1')).join('\n');
}

function structureOf(spans: readonly DecodedSpan[]): readonly string[] {
  const described = spans.map(({ name, attributes, status }) => {
    const tokens = ['prompt', 'completion'].map((side) => attributes[`llm.token_count.${side}`]);
    return [name, attributes['openinference.span.kind'], ...tokens, status.code].join(' ');
  });
  return described.toSorted();
}

/** LiveKit's own context of a job on a server of one's own: no recording to LiveKit Cloud there. */
export function jobContext(
  enableRedaction: boolean,
  roomName: string,
  fakeJob: boolean = false,
): JobContext {
  const job = { id: 'AJ_1', room: { name: roomName, sid: 'RM_1' }, enableRedaction };
  const address = { url: 'ws://127.0.0.1:1', token: '', workerId: 'w', acceptArguments: {} };
  const info = { ...address, job, fakeJob };
  const room = Object.assign(new EventEmitter(), { isConnected: false });
  const arguments_ = [{}, info, room, () => {}, () => {}, {}];
  return Reflect.construct(JobContext, arguments_) as JobContext;
}
