import type { Attributes } from '@opentelemetry/api';
import * as openInference from '@arizeai/openinference-semantic-conventions';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listCaptures } from '../support/corpus.js';
import { type Receiver, startReceiver } from '../support/otlp-receiver.js';
import {
  descendants,
  named,
  traceCapture,
  type ReplayedSpan,
  type TracedReplay,
} from '../support/traced-replay.js';
import type { DecodedAttributes } from '../support/otlp-decode.js';
import { atomsOfMessages, messagesOf } from './conversation-atoms.js';
import {
  answeredCalls,
  expectedAgent,
  expectedConversation,
  expectedKind,
  expectedTokens,
  isExpectedToFail,
} from './livekit-rules.js';
import { isKnownKey, OPENINFERENCE_LOOKALIKE } from './valid-keys.js';

const PROMPT = openInference.LLM_TOKEN_COUNT_PROMPT;
const COMPLETION = openInference.LLM_TOKEN_COUNT_COMPLETION;
const TOTAL = openInference.LLM_TOKEN_COUNT_TOTAL;
const CACHE_READ = openInference.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ;
const PROMPT_DETAILS = 'llm.token_count.prompt_details.';
const COMPLETION_DETAILS = 'llm.token_count.completion_details.';
const INPUT = openInference.LLM_INPUT_MESSAGES;
const OUTPUT = openInference.LLM_OUTPUT_MESSAGES;

/** Raw content whose words stand in OpenInference attributes of this or another span. */
const REPRESENTED =
  /^(?:gen_ai\.(?:system_instructions|(?:input|output)\.messages|tool\.(?:call\.(?:arguments|result)|description|definitions))|lk\.(?:pii\.)?(?:chat_ctx|user_input|instructions|user_transcript|response\.(?:text|function_calls)|function_tool\.(?:arguments|output)|amd\.transcript))$/u;

const MODEL_KEYS = ['llm.model_name', 'gen_ai.request.model', 'gen_ai.response.model'];

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

function sum(spans: readonly { readonly attributes: DecodedAttributes }[], key: string): number {
  return spans.reduce((total, { attributes }) => total + Number(attributes[key] ?? 0), 0);
}

function place({ raw }: ReplayedSpan): string {
  return `${raw.name} ${raw.spanId}`;
}

describe.each(listCaptures())('$version $scenario', ({ version, scenario }) => {
  let replay: TracedReplay;
  let spans: readonly ReplayedSpan[];
  const viewed = new Map<string, Attributes>();
  beforeAll(async () => {
    replay = await traceCapture(receiver, version, scenario, {
      spanProcessors: [
        {
          onStart: () => {},
          onEnd: (span) => viewed.set(span.spanContext().spanId, span.attributes),
          forceFlush: async () => {},
          shutdown: async () => {},
        },
      ],
    });
    ({ spans } = replay);
  });

  it('shows exporters what goes over the wire, in the same order', () => {
    expect(viewed.size).toBe(replay.received.length);
    for (const { spanId, attributes, name } of replay.received) {
      const view = Object.entries(viewed.get(spanId) ?? {});
      expect(Object.entries(attributes), name).toEqual(
        view.map(([key, value]) => [key, wellFormed(value)]),
      );
    }
  });

  it('gives every span its kind', () => {
    expect(
      spans.map(({ raw, sent }) => [raw.name, sent.attributes['openinference.span.kind']]),
    ).toEqual(spans.map(({ raw }) => [raw.name, expectedKind(raw.name)]));
    for (const span of replay.added) {
      expect(span.name).toBe('realtime_inference');
      expect(span.attributes['openinference.span.kind']).toBe('LLM');
    }
  });

  it('keeps names, times, parents and attributes of no span of ours', () => {
    for (const { raw, sent, parent } of spans) {
      expect(sent.name).toBe(raw.name);
      expect(sent.startNanos).toBe(
        BigInt(raw.startTime[0]) * 1_000_000_000n + BigInt(raw.startTime[1]),
      );
      expect(sent.endNanos).toBe(BigInt(raw.endTime[0]) * 1_000_000_000n + BigInt(raw.endTime[1]));
      if (parent !== undefined) expect(sent.parentSpanId).toBe(parent.sent.spanId);
      expect(sent.droppedAttributesCount).toBe(0);
      expect(sent.events.map(({ name }) => name)).toEqual(raw.events.map(({ name }) => name));
    }
  });

  it('has the messages of every model call once, whole and in order', () => {
    for (const span of spans) {
      const expected = expectedConversation(span);
      const { attributes } = span.sent;
      expect(atomsOfMessages(attributes, INPUT), place(span)).toEqual(expected?.input ?? []);
      expect(atomsOfMessages(attributes, OUTPUT), place(span)).toEqual(expected?.output ?? []);
    }
  });

  it('has every tool whole', () => {
    for (const span of named(spans, 'function_tool')) {
      const { raw, sent } = span;
      const own = raw.attributes;
      const given = own['lk.pii.function_tool.arguments'] ?? own['lk.function_tool.arguments'];
      const recorded = own['lk.pii.function_tool.output'] ?? own['lk.function_tool.output'];
      expect(sent.attributes['tool.name']).toBe(own['lk.function_tool.name']);
      expect(sent.attributes['tool.description']).toBe(own['gen_ai.tool.description']);
      if (given === '') {
        expect(sent.attributes['input.value']).toBe('');
        expect(sent.attributes['tool.parameters']).toBeUndefined();
      } else {
        expect(JSON.parse(String(sent.attributes['input.value']))).toEqual(
          JSON.parse(String(given)),
        );
        expect(sent.attributes['input.mime_type']).toBe('application/json');
        expect(sent.attributes['tool.parameters']).toBe(sent.attributes['input.value']);
      }
      expect(sent.attributes['output.value']).toEqual(unquoted(recorded));
      if (recorded !== undefined) expect(sent.attributes['output.mime_type']).toBeDefined();
      const id = own['gen_ai.tool.call.id'] ?? calledAs(span)?.id;
      expect(sent.attributes['tool_call.id'], place(span)).toBe(id);
      expect(sent.attributes['tool.id']).toBe(id);
      if (version !== '1.3.0') expect(id).toBeTypeOf('string');
    }
  });

  it('counts the tokens of every model call once', () => {
    const expected = spans.map(expectedTokens);
    const received = [...replay.received];
    const known = expected.filter((tokens) => tokens !== undefined);
    const total = (of: 'prompt' | 'completion' | 'cacheRead'): number =>
      known.reduce((all, tokens) => all + tokens[of], 0);
    expect(sum(received, PROMPT)).toBe(total('prompt'));
    expect(sum(received, COMPLETION)).toBe(total('completion'));
    expect(sum(received, TOTAL)).toBe(total('prompt') + total('completion'));
    expect(sum(received, CACHE_READ)).toBe(total('cacheRead'));
    expect(received.filter(({ attributes }) => attributes[TOTAL] !== undefined)).toHaveLength(
      known.length,
    );
    for (const { attributes, name } of received) {
      if (attributes['openinference.span.kind'] !== 'LLM') {
        expect(
          Object.keys(attributes).filter((key) => key.startsWith('llm.token_count')),
          name,
        ).toEqual([]);
      }
      expect(attributes[PROMPT] === 0 && attributes[COMPLETION] === 0).toBe(false);
      expect(details(attributes, PROMPT_DETAILS)).toBeLessThanOrEqual(
        Number(attributes[PROMPT] ?? 0),
      );
      expect(details(attributes, COMPLETION_DETAILS)).toBeLessThanOrEqual(
        Number(attributes[COMPLETION] ?? 0),
      );
      // Backends that read the raw names must come to the same sum.
      expect(attributes['gen_ai.usage.input_tokens'] ?? 0).toBe(attributes[PROMPT] ?? 0);
      expect(attributes['gen_ai.usage.output_tokens'] ?? 0).toBe(attributes[COMPLETION] ?? 0);
    }
    if (version === '1.9.0') return;
    const turns = named(spans, 'agent_turn').filter((span) => expectedTokens(span) !== undefined);
    expect(replay.added.map(({ parentSpanId }) => parentSpanId).toSorted()).toEqual(
      turns.map(({ sent }) => sent.spanId).toSorted(),
    );
  });

  it('names the model of a call only where its tokens are, and no adapter', () => {
    for (const span of spans) {
      const { attributes } = span.sent;
      const names = MODEL_KEYS.flatMap((key) => attributes[key] ?? []);
      if (isAboveCall(span)) expect(names, place(span)).toEqual([]);
      else if (span.raw.name === 'llm_request') {
        expect(names, place(span)).not.toEqual([]);
        expect(new Set(names)).toEqual(new Set([span.raw.attributes['gen_ai.request.model']]));
      }
    }
    const priced = replay.received.filter(({ attributes }) => attributes[TOTAL] !== undefined);
    for (const { attributes } of priced) expect(attributes['llm.model_name']).toBeTypeOf('string');
  });

  it('marks as failed what failed, and nothing else', () => {
    expect(spans.map((span) => [place(span), span.sent.status.code === 2])).toEqual(
      spans.map((span) => [place(span), isExpectedToFail(span)]),
    );
    expect(replay.added.filter(({ status }) => status.code === 2)).toEqual([]);
  });

  it('names one session on every span', () => {
    const ids = new Set(replay.received.map(({ attributes }) => attributes['session.id']));
    expect([...ids].every((id) => typeof id === 'string' && id !== '')).toBe(true);
    const isOneSession =
      named(spans, 'agent_session').length > 0 || !/standalone|hangs|null|never/u.test(scenario);
    if (isOneSession) expect(ids.size).toBe(1);
  });

  it('names the agent in charge on every turn, model call and tool', () => {
    for (const span of spans) {
      if (
        !/^(?:agent_turn|llm_node|llm_request|llm_request_run|function_tool|realtime_\w+)$/u.test(
          span.raw.name,
        )
      )
        continue;
      if (scenario === 'llm_standalone') continue;
      const expected = expectedAgent(span, spans);
      if (expected === undefined) continue;
      expect(span.sent.attributes['agent.name'], place(span)).toBe(expected);
      expect(span.sent.attributes['agent.id'], place(span)).toBe(expected);
    }
  });

  it('says what went in and out of session, turns, model calls and tools', () => {
    for (const span of spans) {
      const { raw, sent } = span;
      const { attributes } = sent;
      for (const side of ['input', 'output']) {
        const isThere = attributes[`${side}.value`] !== undefined;
        expect(attributes[`${side}.mime_type`] !== undefined, place(span)).toBe(isThere);
      }
      const text = raw.attributes['lk.pii.response.text'] ?? raw.attributes['lk.response.text'];
      if (raw.name === 'agent_turn' && text !== undefined) {
        expect(attributes['output.value']).toBe(text);
      }
      const said = raw.attributes['lk.pii.user_input'] ?? raw.attributes['lk.user_input'];
      if (raw.name === 'agent_turn' && said !== undefined)
        expect(attributes['input.value']).toBe(said);
      const conversation = expectedConversation(span);
      if (conversation === undefined) continue;
      const last = conversation.input.findLast((atom) => 'text' in atom && atom.role === 'user');
      if (last !== undefined && 'text' in last && last.text !== '')
        expect(attributes['input.value']).toBe(last.text);
      expect(attributes['output.value'] !== undefined).toBe(conversation.output.length > 0);
    }
  });

  it('gives the root the first words in and the last answer', () => {
    const turns = named(spans, 'agent_turn');
    const [session] = named(spans, 'agent_session');
    if (session === undefined) return;
    const read = (keys: readonly string[]): string[] =>
      turns.flatMap(({ raw }) => {
        const text = keys
          .map((key) => raw.attributes[key])
          .find((each) => typeof each === 'string' && each !== '');
        return typeof text === 'string' ? [text] : [];
      });
    const heard = [
      ...read(['lk.pii.user_input', 'lk.user_input']),
      ...named(spans, 'user_turn').flatMap(({ raw }) => {
        const text =
          raw.attributes['lk.pii.user_transcript'] ?? raw.attributes['lk.user_transcript'];
        return typeof text === 'string' && text !== '' ? [text] : [];
      }),
    ];
    const root = session.parent ?? session;
    const { attributes } = root.sent;
    if (heard.length === 0) expect(attributes['input.value']).toBeUndefined();
    else expect(heard).toContain(attributes['input.value']);
    expect(attributes['output.value']).toBe(
      read(['lk.pii.response.text', 'lk.response.text']).at(-1),
    );
  });

  it('sends content once and keeps everything else', () => {
    const carried = new Set(replay.received.flatMap(({ attributes }) => Object.keys(attributes)));
    for (const span of spans) {
      const { raw, sent } = span;
      for (const [key, value] of Object.entries(raw.attributes)) {
        if (REPRESENTED.test(key))
          expect(sent.attributes[key], `${place(span)} ${key}`).toBeUndefined();
        else if (
          !key.startsWith('gen_ai.usage.') &&
          !isMovedToCall(raw, key) &&
          !(isAboveCall(span) && MODEL_KEYS.includes(key))
        ) {
          expect(sent.attributes[key], `${place(span)} ${key}`).toEqual(value);
        }
      }
    }
    for (const key of carried) {
      if (OPENINFERENCE_LOOKALIKE.test(key)) expect(isKnownKey(key), key).toBe(true);
    }
  });
});

/** Output as LiveKit recorded it, without the quotes around plain text. */
function unquoted(recorded: unknown): unknown {
  if (typeof recorded !== 'string') return undefined;
  try {
    const parsed: unknown = JSON.parse(recorded);
    return typeof parsed === 'string' ? parsed : recorded;
  } catch {
    return recorded;
  }
}

/** The call of an answer that this tool carried out (LiveKit 1.5.3 to 1.7.1). */
function calledAs(tool: ReplayedSpan): { readonly id: string | undefined } | undefined {
  const own = tool.raw.attributes;
  const given = own['lk.pii.function_tool.arguments'] ?? own['lk.function_tool.arguments'];
  const calls = named(tool.parent?.children ?? [], 'llm_node').flatMap(answeredCalls);
  return calls.find(
    (call) => call.name === own['lk.function_tool.name'] && call.arguments === given,
  );
}

/**
 * Whether a request below this span is the same model call: of a node, and of a fallback adapter.
 * One that starts after its node has ended, of a turn that was aborted at once, is not known there.
 */
function isAboveCall(span: ReplayedSpan): boolean {
  const ended = span.raw.endSeq ?? Number.POSITIVE_INFINITY;
  return (
    /^llm_(?:node|request)$/u.test(span.raw.name) &&
    named(descendants(span), 'llm_request').some(({ raw }) => (raw.startSeq ?? 0) < ended)
  );
}

function details(attributes: DecodedAttributes, prefix: string): number {
  return Object.entries(attributes)
    .filter(([key]) => key.startsWith(prefix))
    .reduce((total, [, count]) => total + Number(count), 0);
}

/** Up to 1.7.1 the turn of a realtime model also holds its call, which is sent as a span below. */
function isMovedToCall(raw: ReplayedSpan['raw'], key: string): boolean {
  return (
    raw.name === 'agent_turn' &&
    raw.attributes['lk.realtime_model_metrics'] !== undefined &&
    /^(?:lk\.realtime_model_metrics|gen_ai\.(?:usage|request|response)\.|langfuse\.)/u.test(key)
  );
}

it('reads every message of a span, so that a gap would be seen', () => {
  expect(() => messagesOf({ 'llm.input_messages.1.message.role': 'user' }, INPUT)).toThrow(
    /0 is missing/u,
  );
});

/** UTF-8 has no lone surrogates. */
function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return Buffer.from(value).toString();
  return Array.isArray(value) ? value.map(wellFormed) : value;
}
