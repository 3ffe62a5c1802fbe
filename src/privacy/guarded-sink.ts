import type { AttributeValue } from '@opentelemetry/api';
import type { AttributeReplay, AttributeSink, ContentClass } from '../mapping/attribute-sink.js';
import type { ContentGuard } from './content-guard.js';
import { CountedReplay } from './counted-replay.js';
import { limitMediaValue, shortestLimit, type MediaLimits } from './inline-media.js';
import type { PrivacyCounts } from './privacy-stats.js';

/** The sink of one span whose content is guarded. */
export class GuardedSink implements AttributeSink {
  readonly #sink: AttributeSink;
  readonly #guard: ContentGuard;

  constructor(sink: AttributeSink, guard: ContentGuard) {
    this.#sink = sink;
    this.#guard = guard;
  }

  get replay(): AttributeReplay | undefined {
    const { replay } = this.#sink;
    if (replay === undefined || !this.#guard.isRepeatable) return undefined;
    return new CountedReplay(replay, this.#guard.counts, this.#guard);
  }

  put(key: string, value: AttributeValue, content: ContentClass): void {
    const passed = this.#guard.pass(key, value, content);
    if (passed !== undefined) this.#sink.put(key, passed, content);
  }
}

/** The sink of any span when all that is set are limits to inline media. Keeps nothing of a span. */
export class MediaLimitSink implements AttributeSink {
  readonly #sink: AttributeSink;
  readonly #limits: MediaLimits;
  readonly #shortestLimit: number;
  readonly #counts: PrivacyCounts;
  readonly replay: AttributeReplay | undefined;

  constructor(sink: AttributeSink, limits: MediaLimits, counts: PrivacyCounts) {
    this.#sink = sink;
    this.#limits = limits;
    this.#shortestLimit = shortestLimit(limits);
    this.#counts = counts;
    this.replay = sink.replay && new CountedReplay(sink.replay, counts, { isRepeatable: true });
  }

  put(key: string, value: AttributeValue, content: ContentClass): void {
    if (content === 'none' || (typeof value === 'string' && value.length <= this.#shortestLimit)) {
      this.#sink.put(key, value, content);
      return;
    }
    const limited = limitMediaValue(value, this.#limits);
    if (limited !== value) this.#counts.redacted += 1;
    this.#sink.put(key, limited, content);
  }
}
