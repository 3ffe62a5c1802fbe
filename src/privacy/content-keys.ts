import type { AttributeValue } from '@opentelemetry/api';
import { CatalystAttr } from '../semconv/catalyst-attributes.js';
import type { ContentClass } from './content-rules.js';
import { FRAMEWORK_KEY_RULES } from './keys/framework-keys.js';
import { GEN_AI_KEY_RULES } from './keys/gen-ai-keys.js';
import { keyClassifier, sameClass, type KeyRules } from './keys/key-rules.js';
import { LIVEKIT_KEY_RULES } from './keys/livekit-keys.js';
import { OPENINFERENCE_KEY_RULES } from './keys/openinference-keys.js';
import { TELEMETRY_KEY_RULES } from './keys/telemetry-keys.js';

/**
 * Keys of ours under which the application may write text, and what of it is no text: LiveKit's
 * close reasons (`voice/events.ts`, `room`) and the values that this package writes.
 */
const HARMLESS_VALUES: ReadonlyMap<string, RegExp> = new Map([
  [
    CatalystAttr.SESSION_CLOSE_REASON,
    /^(?:connection_lost|error|job_shutdown|participant_disconnected|participant_removed|room_closed|room_deleted|sip_trunk_failure|user_initiated)$/,
  ],
  [CatalystAttr.AGENT_OUTCOME, /^(?:success|failure|abandoned|aborted|cancelled)$/],
  [
    CatalystAttr.AGENT_STOP_REASON,
    /^(?:completed|error(?:_[a-z_]{1,40})?|abandoned|aborted|cancelled)$/,
  ],
]);

/**
 * This package's own keys. One with text of a person or a model needs a row like the room's name. A
 * key under `voice.` that is not ours counts as `metadata`: an application chose it.
 */
const CATALYST_KEY_RULES: KeyRules = {
  exact: {
    ...sameClass('none', Object.values(CatalystAttr)),
    ...sameClass('metadata', [...HARMLESS_VALUES.keys(), CatalystAttr.TENANT_ID]),
    ...sameClass('personal', [CatalystAttr.ROOM_NAME, 'room.name', 'participant.identity']),
  },
  prefixes: [],
};

/** Every vocabulary whose keys may meet on one provider, in the order in which they are asked. */
export const KEY_RULES: readonly KeyRules[] = [
  LIVEKIT_KEY_RULES,
  GEN_AI_KEY_RULES,
  OPENINFERENCE_KEY_RULES,
  FRAMEWORK_KEY_RULES,
  TELEMETRY_KEY_RULES,
  CATALYST_KEY_RULES,
];

/** Compiled with the first key that is asked for: the default policy asks for none. */
let classOf: ReturnType<typeof keyClassifier> | undefined;
const MAYBE_PII = /pii/i;
const PII_SEGMENT = /(?:^|\.)pii(?=\.|$)/gi;

/**
 * What the value under an attribute key reveals about the people on the call. Only this file
 * decides it.
 *
 * Fails closed: a key that nobody knows was chosen by the application and counts as `metadata`, an
 * unknown key of LiveKit's or of a GenAI vocabulary as `raw`, and a key with a `pii` segment
 * (LiveKit's marker, in any case) is never `none`.
 */
export function classifyRawKey(key: string): ContentClass {
  const unmarked = MAYBE_PII.test(key) ? key.replace(PII_SEGMENT, '') : key;
  classOf ??= keyClassifier(KEY_RULES);
  const content = classOf(unmarked) ?? 'metadata';
  return content === 'none' && unmarked !== key ? 'raw' : content;
}

/** Whether LiveKit marks the key: its value is about a person, whatever it is. */
export function isMarkedPii(key: string): boolean {
  return MAYBE_PII.test(key) && key.search(PII_SEGMENT) >= 0;
}

/** Decides the class of one attribute of a span, event or link. */
export type Classify = (key: string, value: AttributeValue) => ContentClass;

/** The class of a span's attribute: that of its key, except for our own values. */
export const classifyAttribute: Classify = (key, value) =>
  typeof value === 'string' && HARMLESS_VALUES.get(key)?.test(value) === true
    ? 'none'
    : classifyRawKey(key);

/** Events of the GenAI conventions whose text has a key without meaning: `content`. */
const CONTENT_BY_EVENT: ReadonlyMap<string, ContentClass> = new Map([
  ['gen_ai.system.message', 'rawInput'],
  ['gen_ai.user.message', 'rawInput'],
  ['gen_ai.assistant.message', 'raw'],
  ['gen_ai.tool.message', 'raw'],
  ['gen_ai.choice', 'rawOutput'],
  ['gen_ai.content.prompt', 'raw'],
  ['gen_ai.content.completion', 'rawOutput'],
  ['gen_ai.client.inference.operation.details', 'raw'],
]);

/** Classes of an event's attributes: a key that nobody knows follows the event. */
export function classifyIn(event: string): Classify {
  const ofEvent = CONTENT_BY_EVENT.get(event);
  if (ofEvent === undefined) return classifyRawKey;
  return (key) => {
    const content = classifyRawKey(key);
    return content === 'metadata' ? ofEvent : content;
  };
}
