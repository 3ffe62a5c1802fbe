import { SpanKind, SpanStatusCode, TraceFlags, type Attributes } from '@opentelemetry/api';
import * as fc from 'fast-check';
import { createProtobufEncoder } from '../../src/export/protobuf-encoder.js';
import type { SpanEncoder } from '../../src/export/span-encoder.js';
import type { SpanRecord } from '../../src/export/span-record.js';
import type { ConversationHistories } from '../../src/history/conversation-histories.js';
import { mapSpan } from '../../src/mapping/map-span.js';
import { NO_FACTS } from '../../src/mapping/span-input.js';
import type { Privacy } from '../../src/privacy/privacy.js';

export type Message = Readonly<Record<string, unknown>>;

/** One model call: in which session, with which system instructions and messages. */
export interface Call {
  readonly session: string;
  readonly system: readonly unknown[] | undefined;
  readonly messages: readonly Message[];
  /** As others may write it: with blanks, or no JSON at all. */
  readonly write: (messages: readonly Message[]) => string;
  /** Attributes beside these, or instead of them. */
  readonly extra?: Attributes;
  /** OpenInference's; `LLM` where it is not given. */
  readonly kind?: string;
}

export const RECORD: SpanRecord = {
  name: 'llm_request',
  kind: SpanKind.CLIENT,
  spanContext: {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: TraceFlags.SAMPLED,
  },
  parentSpanContext: undefined,
  startTime: [1, 2],
  endTime: [3, 4],
  status: { code: SpanStatusCode.UNSET },
  events: [],
  links: [],
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
};

export function createEncoder(): SpanEncoder {
  return createProtobufEncoder({ attributes: {}, schemaUrl: undefined });
}

export interface Sent {
  readonly bytes: Buffer;
  readonly input: string | undefined;
  readonly output: string | undefined;
}

/** What is sent of a call, behind the sink that privacy puts before the encoder. */
export function send(
  encoder: SpanEncoder,
  call: Call,
  privacy: Privacy,
  histories: ConversationHistories | undefined,
): Sent {
  const attributes: Attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.input.messages': call.write(call.messages),
    'gen_ai.output.messages': JSON.stringify([text('assistant', 'Yes.')]),
    ...call.extra,
  };
  if (call.system !== undefined) {
    attributes['gen_ai.system_instructions'] = JSON.stringify(call.system);
  }
  let words: Omit<Sent, 'bytes'> = { input: undefined, output: undefined };
  const bytes = encoder.encodeSpan(RECORD, (sink) => {
    words = mapSpan(
      {
        name: 'llm_request',
        scopeName: 'livekit-agents',
        kind: 'LLM',
        attributes,
        facts: { ...NO_FACTS, sessionId: call.session },
      },
      privacy.forSpan(attributes).guard(sink, call.kind ?? 'LLM'),
      { rawContent: false, ...(histories && { histories }) },
    );
  });
  return {
    bytes: Buffer.from(bytes),
    input: wellFormed(words.input),
    output: wellFormed(words.output),
  };
}

/** As it is written on whatever span it goes to. */
function wellFormed(words: string | undefined): string | undefined {
  return words && Buffer.from(words).toString();
}

export function text(role: string, content: string): Message {
  return { role, parts: [{ type: 'text', content }] };
}

/** What the ready patterns mask, and what they look at twice. */
const PERSONAL = [
  'I am alice@example.com.',
  'Call +1 415 555 2671, "now"',
  'card 4111 1111 1111 1111\n',
  'not a card: 4111 1111 1111 1112',
  '{"email":"bob@example.com"}',
  'alice at example dot com',
  'icon@2x.png',
] as const;

const arbitraryWords = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }),
  fc.constantFrom('', '],[', '"}]', '\\', '\ud800', '\udc00\ud800', 'ä', 'данные', '🙂', 'a,]'),
  fc.constantFrom(...PERSONAL),
);
const arbitraryPart = fc.oneof(
  { weight: 6, arbitrary: arbitraryWords.map((content) => ({ type: 'text', content })) },
  arbitraryWords.map((name) => ({ type: 'tool_call', id: 'c', name, arguments: '{"a":1}' })),
  arbitraryWords.map((response) => ({ type: 'tool_call_response', id: 'c', response })),
  arbitraryWords.map((uri) => ({ type: 'uri', modality: 'image', uri })),
  fc.constant({ type: 'uri', modality: 'image', uri: `data:image/png;base64,${'A'.repeat(60)}` }),
  fc.constant('only text'),
);
const arbitraryMessage: fc.Arbitrary<Message> = fc.oneof(
  fc.record({
    role: fc.constantFrom('user', 'assistant', 'system', 'tool'),
    parts: fc.array(arbitraryPart, { maxLength: 3 }),
  }),
  fc.record({ role: fc.constantFrom('user', 'system'), content: arbitraryWords }),
);
const arbitrarySystem = fc.constantFrom<readonly unknown[] | undefined>(
  undefined,
  [],
  [{ type: 'text', content: 'Be brief.' }],
  [{ type: 'text', content: 'Be brief.' }, 'And kind.'],
);
const arbitraryWriting = fc.constantFrom<Call['write']>(
  ...Array<Call['write']>(6).fill((messages) => JSON.stringify(messages)),
  (messages) => JSON.stringify(messages, undefined, 1),
  (messages) => `${JSON.stringify(messages)} `,
  (messages) => `${JSON.stringify(messages).slice(0, -1)},]`,
  (messages) => JSON.stringify({ messages }),
);

/** What becomes of a conversation from one call to the next. */
const arbitraryChange = fc.oneof(
  { weight: 8, arbitrary: fc.record({ add: fc.array(arbitraryMessage, { maxLength: 3 }) }) },
  fc.record({ edit: fc.nat(), to: arbitraryMessage }),
  fc.record({ merge: fc.nat() }),
  fc.record({ cutFirst: fc.nat(4) }),
  fc.record({ cutLast: fc.nat(4) }),
  fc.record({ sumUp: arbitraryWords }),
);
type Change = typeof arbitraryChange extends fc.Arbitrary<infer T> ? T : never;

function change(messages: readonly Message[], by: Change): readonly Message[] {
  if ('add' in by) return [...messages, ...by.add];
  if ('cutFirst' in by) return messages.slice(by.cutFirst);
  if ('cutLast' in by) return messages.slice(0, Math.max(0, messages.length - by.cutLast));
  if ('sumUp' in by) return [text('system', by.sumUp), ...messages.slice(-2)];
  if (messages.length === 0) return messages;
  if ('edit' in by) return messages.with(by.edit % messages.length, by.to);
  const at = by.merge % messages.length;
  const call = { type: 'tool_call', id: 'm', name: 'merged', arguments: '{}' };
  const { parts } = messages[at] ?? {};
  const merged = { ...messages[at], parts: [...(Array.isArray(parts) ? parts : []), call] };
  return messages.with(at, merged);
}

export const arbitraryCalls: fc.Arbitrary<readonly Call[]> = fc
  .array(
    fc.record({
      session: fc.constantFrom('a', 'a', 'b'),
      by: arbitraryChange,
      system: fc.option(arbitrarySystem, { freq: 6, nil: 'same' as const }),
      write: arbitraryWriting,
    }),
    { minLength: 2, maxLength: 14 },
  )
  .map((steps) => {
    const conversations = new Map<string, Pick<Call, 'messages' | 'system'>>();
    return steps.map(({ session, by, system, write }) => {
      const last = conversations.get(session) ?? { messages: [], system: undefined };
      const next = {
        messages: change(last.messages, by),
        system: system === 'same' ? last.system : system,
      };
      conversations.set(session, next);
      return { session, write, ...next };
    });
  });
