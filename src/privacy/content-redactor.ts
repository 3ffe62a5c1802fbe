import type { AttributeValue } from '@opentelemetry/api';
import { isMarkedPii, type Classify } from './content-keys.js';
import type { ContentClass } from './content-rules.js';
import { MessageHistory } from './earlier-answers.js';
import { hideProperties, REDACTED_VALUE, TOOL_PROPERTIES } from './hide-in-json.js';
import { limitInlineMedia, shortestLimit } from './inline-media.js';
import type { PrivacyPolicy } from './privacy.js';

/** LiveKit's replacement for an exception's message (`telemetry/redaction.ts`). */
const REDACTED_EXCEPTION_MESSAGE = 'exception details redacted';
/** Names of agents and tools: always sent, and masked like the names of spans. */
const NAME = /(?:^|[._])(?:agent|tool|function|node|workflow)[._](?:name|label)$/;
/** Where tracers of model APIs put the request as it was made. */
const REQUEST_CLASSES: ReadonlySet<ContentClass> = new Set(['inputValue', 'invocationParameters']);

/** Decides value by value what of one span's content is sent, and how it reads. */
export class ContentRedactor {
  readonly #policy: PrivacyPolicy;
  readonly #kind: string;
  readonly #history: MessageHistory;
  /** Texts up to this length need no look: nothing but long media is withheld. */
  readonly #harmlessLength: number;

  constructor(policy: PrivacyPolicy, kind: string) {
    this.#policy = policy;
    this.#kind = kind;
    this.#history = new MessageHistory(kind);
    this.#harmlessLength = policy.limitsMediaOnly ? shortestLimit(policy.media) : -1;
  }

  /** The value to send; `undefined` sends nothing. What may stay as it is comes back itself. */
  redact(key: string, value: AttributeValue, classify: Classify): AttributeValue | undefined {
    if (this.#isHarmless(value)) return value;
    const content = classify(key, value);
    const { actions, hidesAnswersInInput, rewriter } = this.#policy;
    if (content === 'none') {
      return typeof value === 'string' && NAME.test(key)
        ? (rewriter?.maskName(value) ?? value)
        : value;
    }
    if (content === 'personal') {
      const hashed = this.#hash(key, value);
      if (hashed !== undefined) return hashed;
    }
    // Asked for every value: a role that a switch removes still says whose the text is.
    const repeatsAnswer = hidesAnswersInInput && this.#history.repeatsAnswer(key, value, content);
    const action = actions.get(content) ?? 'remove';
    if (action === 'redact') {
      return content === 'exception' ? this.#exception(key) : this.#redacted();
    }
    if (action === 'remove') {
      return content === 'raw' && isMeasured(key, value) ? value : this.#removed();
    }
    if (repeatsAnswer) return this.#redacted();
    return this.#rewrite(key, this.#trim(key, value, content), content);
  }

  #isHarmless(value: AttributeValue): boolean {
    if (this.#harmlessLength < 0) return false;
    return typeof value === 'string' ? value.length <= this.#harmlessLength : !Array.isArray(value);
  }

  /** An identity is one in any form: a number, or the names of a list. */
  #hash(key: string, value: AttributeValue): AttributeValue | undefined {
    const hashes = [value].flat().map((one) => this.#policy.hashIdentity(key, String(one)));
    const [first] = hashes;
    if (first === undefined) return undefined;
    this.#policy.counts.hashed += 1;
    return Array.isArray(value) ? hashes.map(String) : first;
  }

  /** As LiveKit does it: a fixed text replaces the message, the stack is removed. */
  #exception(key: string): AttributeValue | undefined {
    if (key.includes('stack')) return this.#removed();
    this.#policy.counts.redacted += 1;
    return REDACTED_EXCEPTION_MESSAGE;
  }

  #redacted(): string {
    this.#policy.counts.redacted += 1;
    return REDACTED_VALUE;
  }

  #removed(): undefined {
    this.#policy.counts.removed += 1;
    return undefined;
  }

  /** Cuts out of a value what is hidden although the value is not. */
  #trim(key: string, value: AttributeValue, content: ContentClass): AttributeValue {
    if (typeof value === 'string') return this.#trimText(key, value, content);
    if (!Array.isArray(value) || !hasText(value)) return value;
    const items: readonly unknown[] = value;
    const trimmed = items.map((item) =>
      typeof item === 'string' ? this.#trimText(key, item, content) : item,
    );
    return trimmed.some((item, index) => item !== items[index]) ? trimmed.map(String) : value;
  }

  #trimText(key: string, value: string, content: ContentClass): string {
    const { media, hiddenParameters, hidesOfferedTools, counts } = this.#policy;
    let trimmed = limitInlineMedia(value, media);
    if (content === 'invocationParameters' && hiddenParameters !== undefined) {
      trimmed = hideProperties(key, trimmed, hiddenParameters);
    }
    if (hidesOfferedTools && REQUEST_CLASSES.has(content)) {
      trimmed = hideProperties(key, trimmed, TOOL_PROPERTIES);
    }
    if (trimmed !== value) counts.redacted += 1;
    return trimmed;
  }

  #rewrite(key: string, value: AttributeValue, content: ContentClass): AttributeValue | undefined {
    if (this.#policy.rewriter === undefined) return value;
    // The numbers of a vector are no text, and there are thousands.
    if (content === 'embeddingVector' && !hasText(value)) return value;
    if (!Array.isArray(value)) return this.#rewriteOne(key, value);
    const texts: string[] = [];
    let isChanged = false;
    for (const item of value) {
      if (item === null || item === undefined) continue;
      const rewritten = this.#rewriteOne(key, item);
      isChanged ||= rewritten !== item;
      texts.push(String(rewritten ?? REDACTED_VALUE));
    }
    return isChanged ? texts : value;
  }

  #rewriteOne(
    key: string,
    value: string | number | boolean,
  ): string | number | boolean | undefined {
    if (typeof value === 'boolean') return value;
    const text = String(value);
    const rewritten = this.#policy.rewriter?.rewrite(text, { key, kind: this.#kind });
    return rewritten === text ? value : rewritten;
  }
}

/**
 * A number under a key that nobody knows is a measurement more often than a message. One that LiveKit
 * marks, and one as long as a telephone number, is none.
 */
function isMeasured(key: string, value: AttributeValue): boolean {
  if (isMarkedPii(key)) return false;
  return typeof value === 'boolean' || (typeof value === 'number' && Math.abs(value) < 1_000_000);
}

function hasText(value: AttributeValue): boolean {
  return Array.isArray(value)
    ? value.some((item) => typeof item === 'string')
    : typeof value === 'string';
}
