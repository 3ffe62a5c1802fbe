import type { AttributeValue } from '@opentelemetry/api';
import type { ContentClass } from './content-class.js';
import { hideInputParameters, hideOfferedTools } from './call-parameters.js';
import type { ContentPolicy } from './content-policy.js';
import type { ContentRewriter } from './content-rewriter.js';
import type { IdentityHash } from './identity-hash.js';
import { limitInlineMedia } from './inline-media.js';
import { MessageHistory } from './message-history.js';
import type { PrivacyCounts } from './privacy-stats.js';
import { REDACTED_EXCEPTION_MESSAGE, REDACTED_VALUE } from './redacted-value.js';

/** Where tracers of model APIs put the request as it was made. */
const HOLDS_REQUEST: ReadonlySet<ContentClass> = new Set(['inputValue', 'invocationParameters']);

/** What a guard goes by: the same for every span. */
export interface GuardRules {
  readonly policy: ContentPolicy;
  readonly rewriter: ContentRewriter | undefined;
  readonly identityHash: IdentityHash | undefined;
  readonly counts: PrivacyCounts;
}

/** Decides value by value what of one span's content is sent, and in which words. */
export class ContentGuard {
  readonly #rules: GuardRules;
  readonly #kind: string;
  readonly #history: MessageHistory | undefined;
  #isSpent = false;

  constructor(rules: GuardRules, kind: string) {
    this.#rules = rules;
    this.#kind = kind;
    this.#history = rules.policy.hidesAnswersInInput ? new MessageHistory() : undefined;
  }

  /** The value to send; `undefined` sends nothing. */
  pass(key: string, value: AttributeValue, content: ContentClass): AttributeValue | undefined {
    if (content === 'none') return value;
    const { policy, identityHash, counts } = this.#rules;
    if (identityHash !== undefined && content === 'personal' && typeof value === 'string') {
      const hashed = identityHash.hash(key, value);
      if (hashed !== undefined) {
        counts.hashed += 1;
        return hashed;
      }
    }
    // Asked for every value: the role that a switch removes still says whose the text is.
    const repeatsAnswer = this.#history?.repeatsAnswer(key, value, content) === true;
    const verdict = policy.verdicts.get(content) ?? 'remove';
    if (verdict === 'redact') {
      return content === 'exception' ? this.#exception(key) : this.#redacted();
    }
    if (verdict === 'remove') {
      // A number under a key nobody knows is a measurement more often than a message.
      if (content === 'raw' && (typeof value === 'number' || typeof value === 'boolean')) {
        return value;
      }
      counts.removed += 1;
      return undefined;
    }
    if (repeatsAnswer) return this.#redacted();
    return this.#rewrite(key, this.#trim(key, value, content), content);
  }

  /** As LiveKit does it: other words in the place of the message, no stack at all. */
  #exception(key: string): AttributeValue | undefined {
    if (!key.includes('stack')) {
      this.#rules.counts.redacted += 1;
      return REDACTED_EXCEPTION_MESSAGE;
    }
    this.#rules.counts.removed += 1;
    return undefined;
  }

  #redacted(): string {
    this.#rules.counts.redacted += 1;
    return REDACTED_VALUE;
  }

  /** Cuts out of a value what is hidden although the value is not. */
  #trim(key: string, value: AttributeValue, content: ContentClass): AttributeValue {
    if (typeof value === 'string') return this.#trimText(key, value, content);
    if (!Array.isArray(value)) return value;
    return hasText(value) ? value.map((item) => this.#trimText(key, String(item), content)) : value;
  }

  #trimText(key: string, value: string, content: ContentClass): string {
    const { policy, counts } = this.#rules;
    let trimmed = limitInlineMedia(value, policy.media);
    if (content === 'invocationParameters' && policy.hidesInputParameters) {
      trimmed = hideInputParameters(key, trimmed);
    }
    if (policy.hidesOfferedTools && HOLDS_REQUEST.has(content)) {
      trimmed = hideOfferedTools(key, trimmed);
    }
    if (trimmed !== value) counts.redacted += 1;
    return trimmed;
  }

  #rewrite(key: string, value: AttributeValue, content: ContentClass): AttributeValue | undefined {
    const { rewriter } = this.#rules;
    if (rewriter === undefined) return value;
    // The numbers of a vector are no text, and there are thousands.
    if (content === 'embeddingVector' && !hasText(value)) return value;
    if (!Array.isArray(value)) return this.#rewriteScalar(key, value, rewriter);
    const texts: string[] = [];
    let isChanged = false;
    for (const item of value) {
      if (item === null || item === undefined) continue;
      const rewritten = this.#rewriteScalar(key, item, rewriter);
      isChanged ||= rewritten !== item;
      texts.push(String(rewritten ?? REDACTED_VALUE));
    }
    if (this.#isSpent) return undefined;
    return isChanged ? texts : value;
  }

  #rewriteScalar(
    key: string,
    value: string | number | boolean,
    rewriter: ContentRewriter,
  ): string | number | boolean | undefined {
    if (typeof value === 'boolean') return value;
    if (this.#isSpent) {
      this.#rules.counts.tooSlow += 1;
      return undefined;
    }
    const text = String(value);
    const rewritten = rewriter.rewrite(text, { key, kind: this.#kind }, this.#spend);
    return rewritten === text ? value : rewritten;
  }

  /** Redaction ran out of time: nothing more of this span's content is tried. */
  readonly #spend = (): void => {
    this.#isSpent = true;
  };
}

function hasText(value: AttributeValue): boolean {
  return Array.isArray(value)
    ? value.some((item) => typeof item === 'string')
    : typeof value === 'string';
}
