import type { AttributeValue } from '@opentelemetry/api';
import type { AttributeReplay, AttributeSink, ContentClass } from '../mapping/attribute-sink.js';
import type { ContentGuard } from './content-guard.js';
import { limitMediaValue, type MediaLimits } from './inline-media.js';

/** The sink of one span whose content is guarded. */
export class GuardedSink implements AttributeSink {
  readonly #sink: AttributeSink;
  readonly #guard: ContentGuard;

  constructor(sink: AttributeSink, guard: ContentGuard) {
    this.#sink = sink;
    this.#guard = guard;
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
  readonly #countRedacted: () => void;
  readonly replay: AttributeReplay | undefined;
  #redactedSinceMark = false;

  constructor(sink: AttributeSink, limits: MediaLimits, countRedacted: () => void) {
    this.#sink = sink;
    this.#limits = limits;
    this.#countRedacted = countRedacted;
    this.replay = sink.replay && this.#countingReplay(sink.replay);
  }

  put(key: string, value: AttributeValue, content: ContentClass): void {
    if (content === 'none') {
      this.#sink.put(key, value, content);
      return;
    }
    const limited = limitMediaValue(value, this.#limits);
    if (limited !== value) {
      this.#redactedSinceMark = true;
      this.#countRedacted();
    }
    this.#sink.put(key, limited, content);
  }

  /** What was redacted is not replayed: it counts each time it is. */
  #countingReplay(replay: AttributeReplay): AttributeReplay {
    return {
      mark: () => {
        this.#redactedSinceMark = false;
        return replay.mark();
      },
      since: (mark) => (this.#redactedSinceMark ? undefined : replay.since(mark)),
      put: (encoded) => replay.put(encoded),
    };
  }
}
