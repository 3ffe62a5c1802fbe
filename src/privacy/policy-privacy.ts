import type { Attributes } from '@opentelemetry/api';
import type { SpanRecord } from '../export/span-record.js';
import type { AttributeSink, ContentClass } from '../mapping/attribute-sink.js';
import { ContentGuard, type GuardRules } from './content-guard.js';
import { guardSpanRecord, hasTextBeyond } from './guarded-record.js';
import { GuardedSink, MediaLimitSink } from './guarded-sink.js';
import { shortestLimit } from './inline-media.js';
import type { PrivacyCounts } from './privacy-stats.js';

/** Privacy by one policy, for every span alike. */
export class PolicyPrivacy {
  readonly #rules: GuardRules;
  readonly #isGuarding: boolean;
  readonly #shortestLimit: number;
  #lastSink: AttributeSink | undefined;
  #lastLimited: AttributeSink | undefined;

  constructor(rules: GuardRules) {
    this.#rules = rules;
    this.#shortestLimit = shortestLimit(rules.policy.media);
    this.#isGuarding =
      rules.policy.hidesAnything ||
      rules.rewriter !== undefined ||
      rules.identityHash !== undefined;
  }

  get counts(): Readonly<PrivacyCounts> {
    return this.#rules.counts;
  }

  allows(content: ContentClass): boolean {
    return (this.#rules.policy.verdicts.get(content) ?? 'remove') !== 'remove';
  }

  forSpan(_attributes: Attributes): this {
    return this;
  }

  guard(sink: AttributeSink, kind: string): AttributeSink {
    if (this.#isGuarding) return new GuardedSink(sink, new ContentGuard(this.#rules, kind));
    if (this.#shortestLimit === Infinity) return sink;
    // An encoder hands out one sink after the other, or the same one again and again.
    if (this.#lastLimited === undefined || this.#lastSink !== sink) {
      this.#lastSink = sink;
      this.#lastLimited = new MediaLimitSink(sink, this.#rules.policy.media, this.#rules.counts);
    }
    return this.#lastLimited;
  }

  guardRecord(record: SpanRecord, kind: string): SpanRecord {
    if (!this.#isGuarding && !hasTextBeyond(this.#shortestLimit, record)) return record;
    const { rewriter } = this.#rules;
    const maskName = (name: string): string => rewriter?.maskName(name) ?? name;
    return guardSpanRecord(record, new ContentGuard(this.#rules, kind), maskName);
  }
}
