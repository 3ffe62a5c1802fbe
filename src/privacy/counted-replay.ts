import type { AttributeReplay, EncodedAttributes } from '../mapping/attribute-sink.js';
import { createPrivacyCounts, type PrivacyCounts } from './privacy-stats.js';

/** Tells whether what was let pass before would pass now, in the same words. */
export interface Repeatable {
  readonly isRepeatable: boolean;
}

/**
 * Replays attributes past privacy, as it let them pass the first time: what it changed in them
 * counts with every span that they are sent with. What it lost of them is not replayed, since it is
 * to be tried again.
 */
export class CountedReplay implements AttributeReplay {
  readonly #replay: AttributeReplay;
  readonly #counts: PrivacyCounts;
  readonly #guard: Repeatable;
  #atMark: Readonly<PrivacyCounts> = createPrivacyCounts();

  constructor(replay: AttributeReplay, counts: PrivacyCounts, guard: Repeatable) {
    this.#replay = replay;
    this.#counts = counts;
    this.#guard = guard;
  }

  mark(): number {
    this.#atMark = { ...this.#counts };
    return this.#replay.mark();
  }

  since(mark: number): EncodedAttributes | undefined {
    const [counts, before] = [this.#counts, this.#atMark];
    const isComplete =
      counts.removed === before.removed &&
      counts.hashed === before.hashed &&
      counts.failed === before.failed &&
      counts.tooSlow === before.tooSlow;
    const put = this.#replay.since(mark);
    if (!isComplete || put === undefined || !this.#guard.isRepeatable) return undefined;
    return {
      pieces: put.pieces,
      redacted: put.redacted + counts.redacted - before.redacted,
      rewritten: put.rewritten + counts.rewritten - before.rewritten,
    };
  }

  put(attributes: EncodedAttributes): boolean {
    if (!this.#guard.isRepeatable || !this.#replay.put(attributes)) return false;
    this.#counts.redacted += attributes.redacted;
    this.#counts.rewritten += attributes.rewritten;
    return true;
  }
}
