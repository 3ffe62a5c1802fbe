import type { AttributeValue } from '@opentelemetry/api';
import type { ContentClass } from './content-class.js';
import { FRAMEWORK_KEY_RULES } from './keys/framework-keys.js';
import { GEN_AI_KEY_RULES } from './keys/gen-ai-keys.js';
import { classifyByRules } from './keys/key-rules.js';
import { LIVEKIT_KEY_RULES } from './keys/livekit-keys.js';
import { classifyOpenInferenceKey } from './keys/openinference-keys.js';
import { TELEMETRY_KEY_RULES } from './keys/telemetry-keys.js';
import { HARMLESS_VALUES, VOICE_KEY_RULES } from './keys/voice-keys.js';

const MAX_REMEMBERED_KEYS = 4_096;
const MAX_REMEMBERED_KEY_LENGTH = 160;
const PII_SEGMENT = /(?:^|\.)pii(?=\.|$)/gi;

const remembered = new Map<string, ContentClass>();

/**
 * What the value under a raw attribute key tells about the people on the call.
 *
 * The one owner of that fact, for every vocabulary that may meet on one provider. Fails closed: a
 * key that nobody knows was chosen by the application and counts as `metadata`, an unknown key of
 * LiveKit's or of a GenAI vocabulary as `raw`, and a key with a `pii` segment (LiveKit's marker,
 * in any case) is never `none`.
 */
export function classifyRawKey(key: string): ContentClass {
  const known = remembered.get(key);
  if (known !== undefined) return known;
  const content = classify(key);
  if (key.length <= MAX_REMEMBERED_KEY_LENGTH) {
    // Keys with indexes in them have no bound: start over instead of growing.
    if (remembered.size >= MAX_REMEMBERED_KEYS) remembered.clear();
    remembered.set(key, content);
  }
  return content;
}

/** The same for an attribute, whose value may tell more than its key. */
export function classifyAttribute(key: string, value: AttributeValue): ContentClass {
  return HARMLESS_VALUES.get(key)?.has(value) === true ? 'none' : classifyRawKey(key);
}

function classify(key: string): ContentClass {
  const unmarked = key.replace(PII_SEGMENT, '');
  const content = classifyUnmarked(unmarked);
  return content === 'none' && unmarked !== key ? 'raw' : content;
}

function classifyUnmarked(key: string): ContentClass {
  return (
    classifyByRules(LIVEKIT_KEY_RULES, key) ??
    classifyByRules(GEN_AI_KEY_RULES, key) ??
    classifyOpenInferenceKey(key) ??
    classifyByRules(FRAMEWORK_KEY_RULES, key) ??
    classifyByRules(TELEMETRY_KEY_RULES, key) ??
    classifyByRules(VOICE_KEY_RULES, key) ??
    'metadata'
  );
}
