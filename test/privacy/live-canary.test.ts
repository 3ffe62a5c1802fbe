import { EventEmitter } from 'node:events';
import * as livekitAgents from '@livekit/agents';
import { JobContext, llm, voice } from '@livekit/agents';
import { trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { agentSpan, manualSpan, setup, type SetupOptions } from '../../src/index.js';
import { listen, withEnv } from '../support/everything-said.js';
import { recordForeignSpans } from '../support/foreign-spans.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { drawSecrets, type Side } from '../support/planted-secrets.js';
import { ScriptedLLM } from '../support/scripted-llm.js';
import { runTextSession, type SessionRunOptions } from '../support/sessions.js';

const SECRETS = drawSecrets();
const SIDES = Object.keys(SECRETS) as Side[];
const { asked, answered, error, own, person, tools } = SECRETS;

afterEach(() => {
  trace.disable();
});

/** A session in which everybody says, passes and throws secrets, within spans of the application. */
async function hold(record: SessionRunOptions['record']): Promise<void> {
  const parameters = z.object({ q: z.string() });
  const tool = (name: string, execute: () => Promise<string>) =>
    llm.tool({ name, description: tools, parameters, execute });
  const calls = ['works', 'refuses', 'breaks'].map((name) => ({
    name,
    arguments: { q: SECRETS.arguments },
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
  await agentSpan({ ...said, input: { asked } }, async (span) => {
    await runTextSession({
      agent,
      llm: model,
      turns: [asked, asked],
      ...(record !== undefined && { record }),
    });
    span.setOutput(answered).setAttribute('customer.note', own);
    await manualSpan({ spanName: 'lookup', input: asked, output: [answered] }, () => {
      throw new Error(error);
    }).catch(() => undefined);
  });
  expect(model.unplayed).toBe(0);
}

interface Held {
  readonly wire: string;
  readonly logs: string;
  /** Names of spans with their kinds and tokens, in no order. */
  readonly structure: readonly string[];
}

interface Way {
  readonly env?: Readonly<Record<string, string>>;
  readonly options?: SetupOptions;
  readonly record?: SessionRunOptions['record'];
  readonly around?: (run: () => Promise<void>) => Promise<void>;
}

async function holdWith({
  env = {},
  options,
  around = (run) => run(),
  record,
}: Way): Promise<Held> {
  const receiver = await startReceiver();
  const log = listen();
  try {
    await withEnv(env, async () => {
      const tracing = await setup({
        endpoint: receiver.endpoint,
        modules: { livekitAgents },
        debug: true,
        rawContent: true,
        ...options,
      });
      await around(async () => {
        await hold(record);
        recordForeignSpans(tracing.provider, SECRETS);
      });
      await tracing.shutdown();
    });
  } finally {
    log.stop();
    await receiver.close();
  }
  return {
    wire: receiver
      .requests()
      .map(({ body }) => Buffer.from(body).toString('latin1'))
      .join('\n'),
    logs: log.text(),
    structure: receiver
      .spans()
      .map(({ name, attributes, status }) => {
        const tokens = ['prompt', 'completion'].map(
          (side) => attributes[`llm.token_count.${side}`],
        );
        return [name, attributes['openinference.span.kind'], ...tokens, status.code].join(' ');
      })
      .toSorted(),
  };
}

/** LiveKit's own context of a job on a server of one's own: no recording to LiveKit Cloud there. */
function jobContext(enableRedaction: boolean): JobContext {
  const job = { id: 'AJ_1', room: { name: person, sid: 'RM_1' }, enableRedaction };
  const info = { job, url: 'ws://127.0.0.1:1', token: '', workerId: 'w', acceptArguments: {} };
  const room = Object.assign(new EventEmitter(), { isConnected: false });
  const arguments_ = [{}, info, room, () => {}, () => {}, {}];
  return Reflect.construct(JobContext, arguments_) as JobContext;
}

const within =
  (job: JobContext) =>
  (run: () => Promise<void>): Promise<void> =>
    livekitAgents.runWithJobContextAsync(job, run);

/** Nothing goes to LiveKit Cloud, which would mark the spans. */
const NOT_UPLOADED = { audio: false, traces: false, logs: true, transcript: true };

const BUT_PEOPLE = SIDES.filter((side) => side !== 'person');
const WAYS: readonly (readonly [name: string, way: () => Way, withheld: readonly Side[]])[] = [
  ['allowPii, by env', () => ({ env: { LIVEKIT_TELEMETRY_ALLOW_PII: '0' } }), SIDES],
  ['allowPii, by option', () => ({ options: { privacy: { allowPii: false } } }), SIDES],
  [
    'capture of content, by env',
    () => ({ env: { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: 'false' } }),
    BUT_PEOPLE,
  ],
  [
    'capture of content, by option',
    () => ({ options: { privacy: { captureMessageContent: false }, protocol: 'http/json' } }),
    BUT_PEOPLE,
  ],
  ['a project that mandates redaction', () => ({ around: within(jobContext(true)) }), SIDES],
  [
    'a session that is recorded redacted',
    () => ({ around: within(jobContext(false)), record: { ...NOT_UPLOADED, redaction: true } }),
    SIDES,
  ],
  [
    'hidden inputs and outputs, by env',
    () => ({ env: { OPENINFERENCE_HIDE_INPUTS: '1', OPENINFERENCE_HIDE_OUTPUTS: '1' } }),
    BUT_PEOPLE,
  ],
];

describe('a secret in every place of a live session', () => {
  const plain = holdWith({});

  it('is seen on the wire and not in the logs when nothing is withheld', async () => {
    const { wire, logs } = await plain;
    for (const side of SIDES) {
      expect(wire, side).toContain(SECRETS[side]);
      expect(logs, side).not.toContain(SECRETS[side]);
    }
  });

  it('is no session id: that is the sid of the room and never its name', async () => {
    const { wire } = await holdWith({
      around: within(jobContext(false)),
      options: { privacy: { allowPii: false } },
    });
    expect(wire).toContain('RM_1');
    expect(wire).not.toContain(person);
  });

  it.each(WAYS)('%s', async (_name, way, withheld) => {
    const { structure: expected } = await plain;
    const { wire, logs, structure } = await holdWith(way());
    for (const side of SIDES) {
      expect(wire.includes(SECRETS[side]), side).toBe(!withheld.includes(side));
      expect(logs, side).not.toContain(SECRETS[side]);
    }
    expect(structure).toEqual(expected);
  });
});
