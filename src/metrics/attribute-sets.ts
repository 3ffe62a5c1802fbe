import type { Attributes } from '@opentelemetry/api';

/** Reads one attribute of a source; `undefined` leaves it out. */
export type AttributeRow<Source> = readonly [
  key: string,
  read: (source: Source) => string | undefined,
];

/** Sets of one instrument, as many as the SDK keeps; past them values go where it says they do. */
const MAX_SETS = 1_999;
const OVERFLOW: Attributes = Object.freeze({ 'otel.metric.overflow': true });

interface Branch {
  readonly next: Map<string | undefined, Branch>;
  attributes: Attributes | undefined;
}

/**
 * The attributes of measurements: one object for each combination of values, made when it first
 * comes and the same whenever it comes again. A measurement then makes none, and who counts by
 * combination may go by the object.
 */
export class AttributeSets<Source> {
  readonly #rows: readonly AttributeRow<Source>[];
  readonly #root: Branch = newBranch();
  #size = 0;

  constructor(rows: readonly AttributeRow<Source>[]) {
    this.#rows = rows;
  }

  of(source: Source): Attributes {
    let branch = this.#root;
    for (const row of this.#rows) {
      const value = row[1](source);
      let next = branch.next.get(value);
      if (next === undefined) {
        if (this.#size >= MAX_SETS) return OVERFLOW;
        branch.next.set(value, (next = newBranch()));
      }
      branch = next;
    }
    return branch.attributes ?? this.#add(branch, source);
  }

  #add(branch: Branch, source: Source): Attributes {
    const attributes: Attributes = {};
    for (const [key, read] of this.#rows) {
      const value = read(source);
      if (value !== undefined) attributes[key] = value;
    }
    branch.attributes = Object.freeze(attributes);
    this.#size += 1;
    return attributes;
  }
}

function newBranch(): Branch {
  return { next: new Map(), attributes: undefined };
}
