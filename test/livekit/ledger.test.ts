import { telemetry } from '@livekit/agents';
import {
  type Attributes,
  type AttributeValue,
  ROOT_CONTEXT,
  SpanStatusCode,
} from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CatalystTracing } from '../../src/catalyst-tracing.js';
import { LIVEKIT_KEYS } from './key-ledger.js';
import { VOICE_FIELDS } from '../../src/mapping/voice.js';
import { setup } from '../../src/setup.js';

const message = JSON.stringify([{ role: 'user', parts: [{ type: 'text', content: 'said' }] }]);
const realtime = { inputTokens: 3, outputTokens: 4, totalTokens: 7 };

/** Values as LiveKit writes them, where any text will not do. */
const SAMPLES: Readonly<Record<string, AttributeValue>> = {
  'lk.pii.chat_ctx': JSON.stringify({
    items: [{ type: 'message', role: 'user', content: ['said'] }],
  }),
  'lk.pii.response.function_calls': JSON.stringify([{ call_id: 'c', name: 'n', arguments: '{}' }]),
  'lk.function_tools': '["lookup"]',
  'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: 'be kind' }]),
  'gen_ai.input.messages': message,
  'gen_ai.output.messages': message,
  'gen_ai.tool.definitions': '[{"type":"function","name":"lookup"}]',
  'gen_ai.request.stream': true,
  'gen_ai.response.finish_reasons': ['stop'],
  'lk.llm_metrics': JSON.stringify({ promptTokens: 3, completionTokens: 4 }),
  'lk.realtime_model_metrics': JSON.stringify(realtime),
  'lk.tts_metrics': JSON.stringify({ charactersCount: 9 }),
  'lk.function_tool.is_error': true,
  'gen_ai.agent.name': 'another_agent',
};

/** A part of the tokens is none without the whole. */
const WHOLE: Attributes = { 'gen_ai.usage.input_tokens': 90, 'gen_ai.usage.output_tokens': 90 };

function sampleOf(key: string): AttributeValue {
  const sample = SAMPLES[key];
  if (sample !== undefined) return sample;
  if (key.startsWith('gen_ai.usage.')) return 7;
  const read = VOICE_FIELDS.find(({ from }) => from === key)?.read;
  if (read === 'flag') return true;
  return read === undefined || read === 'text' ? 'sample' : 7;
}

let tracing: CatalystTracing;
const ended: ReadableSpan[] = [];
beforeAll(async () => {
  tracing = await setup({
    autoInstrument: false,
    spanProcessors: [
      {
        onStart: () => {},
        onEnd: (span) => ended.push(span),
        forceFlush: async () => {},
        shutdown: async () => {},
      },
    ],
  });
});
afterAll(() => tracing.shutdown());

/** The span as it is sent. */
function send(name: string, attributes: Attributes): ReadableSpan {
  const tracer = tracing.provider.getTracer('livekit-agents');
  tracer.startSpan(name, { attributes }, ROOT_CONTEXT).end();
  const span = ended.pop();
  if (span === undefined) throw new Error(`${name} was not sent`);
  return span;
}

function valuesUnder(attributes: Attributes, to: string): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).filter(([key]) => key === to || key.startsWith(`${to}.`)),
  );
}

describe('what becomes of the keys of the installed LiveKit', () => {
  it('is told for every one of them, and for no other', () => {
    const defined = Object.entries(telemetry.traceTypes)
      .filter(([name]) => /^(?:ATTR|EVENT)_/u.test(name))
      .map(([, value]) => (typeof value === 'string' ? value : typeof value));
    const rows = new Set(LIVEKIT_KEYS.map(({ key }) => key));
    expect(rows).toEqual(new Set<unknown>(defined));
    const unread = Object.entries(telemetry.traceTypes)
      .filter(([name, value]) => typeof value === 'string' && !/^(?:ATTR|EVENT)_/u.test(name))
      .map(([name]) => name);
    expect(unread).toEqual([]);
  });

  it('is one thing for each key', () => {
    const fates = new Map(LIVEKIT_KEYS.map(({ key, fate }) => [key, fate]));
    for (const { key, fate } of LIVEKIT_KEYS) expect(fate, key).toBe(fates.get(key));
  });

  const mapped = LIVEKIT_KEYS.filter((row) => row.fate === 'mapped');
  it.each(mapped)('$key is sent as $to', ({ key, to, on }) => {
    const isPart = key.startsWith('gen_ai.usage.') && !(key in WHOLE);
    const around = isPart ? WHOLE : {};
    const without = send(on, around);
    const span = send(on, { ...around, [key]: sampleOf(key) });
    if (to === 'status') {
      expect(without.status.code).toBe(SpanStatusCode.UNSET);
      expect(span.status.code).toBe(SpanStatusCode.ERROR);
      return;
    }
    const put = valuesUnder(span.attributes, to);
    expect(Object.keys(put)).not.toEqual([]);
    expect(put).not.toEqual(valuesUnder(without.attributes, to));
  });

  const kept = LIVEKIT_KEYS.filter((row) => row.fate === 'kept');
  it.each(kept)('$key is sent as it is: $why', ({ key }) => {
    for (const name of ['agent_turn', 'llm_request', 'function_tool', 'user_turn', 'llm_node']) {
      const { attributes } = send(name, { [key]: sampleOf(key) });
      expect(attributes[key]).toEqual(sampleOf(key));
    }
  });

  it('is that it stays where a later LiveKit renames or adds one', () => {
    const attributes = {
      'lk.pii2.user_input': 'said',
      'lk.secret.response.text': 'answered',
      'gen_ai.input.messages.v2': '[]',
      'livekit.turn': 3,
    };
    expect(send('agent_turn', attributes).attributes).toMatchObject(attributes);
    expect(send('turn_of_an_agent', attributes).attributes).toMatchObject({
      ...attributes,
      'openinference.span.kind': 'CHAIN',
    });
  });
});
