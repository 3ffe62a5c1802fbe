import { randomBytes } from 'node:crypto';
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { Capture, CapturedSpan } from './corpus.js';

/** Whose words a secret stands among. */
export type Side = 'asked' | 'answered' | 'arguments' | 'tools' | 'error' | 'person' | 'own';

/** One random word for each side: no text but the planted ones has it. */
export type Secrets = Readonly<Record<Side, string>>;

export function drawSecrets(): Secrets {
  const draw = (side: Side): string => `${side}${randomBytes(9).toString('hex')}`;
  return {
    asked: draw('asked'),
    answered: draw('answered'),
    arguments: draw('arguments'),
    tools: draw('tools'),
    error: draw('error'),
    person: draw('person'),
    own: draw('own'),
  };
}

type SideOf = Side | 'conversation';

/**
 * Where LiveKit's spans hold words, read off the captures and LiveKit's `trace_types.ts` and not off
 * the tables under test. Keys stand without their `pii` segment.
 */
const SIDE_BY_KEY: ReadonlyMap<string, SideOf> = new Map<string, SideOf>([
  ['exception.message', 'error'],
  ['exception.stacktrace', 'error'],
  ['gen_ai.input.messages', 'conversation'],
  ['gen_ai.output.messages', 'conversation'],
  ['gen_ai.system_instructions', 'asked'],
  ['gen_ai.tool.call.arguments', 'arguments'],
  ['gen_ai.tool.call.result', 'answered'],
  ['gen_ai.tool.definitions', 'tools'],
  ['gen_ai.tool.description', 'tools'],
  ['lk.chat_ctx', 'conversation'],
  ['lk.function_tool.arguments', 'arguments'],
  ['lk.function_tool.output', 'answered'],
  ['lk.instructions', 'asked'],
  ['lk.participant_identity', 'person'],
  ['lk.response.function_calls', 'arguments'],
  ['lk.response.text', 'answered'],
  ['lk.room_name', 'person'],
  ['lk.user_input', 'asked'],
  ['lk.user_transcript', 'asked'],
]);

/** Strings in JSON that say what a part is or whose, and never what was said. */
const STRUCTURE: ReadonlySet<string> = new Set([
  'call_id',
  'callId',
  'finish_reason',
  'id',
  'name',
  'newAgentId',
  'oldAgentId',
  'role',
  'type',
]);

/** The capture with a secret in every text that anybody could have said, written or thrown. */
export function plantSecrets(capture: Capture, secrets: Secrets): Capture {
  return { ...capture, spans: capture.spans.map((span) => plantInSpan(span, secrets)) };
}

function plantInSpan(span: CapturedSpan, secrets: Secrets): CapturedSpan {
  return {
    ...span,
    attributes: plantInAttributes(span.attributes, secrets),
    events: span.events.map((event) => ({
      ...event,
      ...(event.attributes && { attributes: plantInAttributes(event.attributes, secrets) }),
    })),
    status:
      span.status.message === undefined
        ? span.status
        : { ...span.status, message: `${span.status.message} ${secrets.error}` },
  };
}

function plantInAttributes(
  attributes: Attributes,
  secrets: Secrets,
): Readonly<Record<string, AttributeValue>> {
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([key, value]) => {
      if (value === undefined) return [];
      const side = SIDE_BY_KEY.get(key.replace('.pii.', '.'));
      return [[key, side === undefined ? value : plantInText(String(value), side, secrets)]];
    }),
  );
}

/** Into every string of a JSON text, and beside any other; an empty text stays empty. */
function plantInText(text: string, side: SideOf, secrets: Secrets): string {
  if (text === '') return text;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null) {
      return JSON.stringify(plantInValue(parsed, side, secrets));
    }
  } catch {
    // Not JSON: text.
  }
  const secret = secrets[side === 'conversation' ? 'asked' : side];
  return text.endsWith('"') ? `${text.slice(0, -1)} ${secret}"` : `${text} ${secret}`;
}

function plantInValue(value: unknown, side: SideOf, secrets: Secrets): unknown {
  if (typeof value === 'string') {
    return plantInText(value, side, secrets) || secrets[side === 'conversation' ? 'asked' : side];
  }
  if (Array.isArray(value)) return value.map((item) => plantInValue(item, side, secrets));
  if (typeof value !== 'object' || value === null) return value;
  const speaking = sideOfSpeaker(value, side);
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      if (STRUCTURE.has(key) && typeof inner === 'string') return [key, inner];
      const isCall = key === 'arguments' || key === 'args';
      return [key, plantInValue(inner, isCall ? 'arguments' : speaking, secrets)];
    }),
  );
}

/** In a conversation, what the model or a tool said is an answer wherever it stands. */
function sideOfSpeaker(value: object, side: SideOf): SideOf {
  const role: unknown = Reflect.get(value, 'role');
  const type: unknown = Reflect.get(value, 'type');
  if (side === 'arguments') return side;
  if (role === 'assistant' || role === 'tool') return 'answered';
  if (typeof role === 'string') return 'asked';
  if (type === 'function_call_output') return 'answered';
  return side;
}
