import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { AttributeEntry } from './mapped-span.js';
import { parseJsonRecord, type JsonRecord } from './read-attributes.js';

/** The mapping of one span in progress: the attributes to send, and the raw ones that need not follow. */
export class SpanMapping {
  readonly raw: Attributes;
  readonly entries: AttributeEntry[] = [];
  /** Mapped keys without an index: few enough that a scan is cheaper than a set. */
  readonly #keys: string[] = [];
  readonly #replaced: string[] = [];
  #records: Map<string, JsonRecord | undefined> | undefined;

  constructor(raw: Attributes) {
    this.raw = raw;
  }

  /**
   * Adds a mapped attribute, unless the raw span has the key: what somebody set there wins. Of two
   * sources for one key the first wins.
   */
  put(key: string, value: AttributeValue | undefined): void {
    if (value === undefined || Object.hasOwn(this.raw, key) || this.#keys.includes(key)) return;
    this.#keys.push(key);
    this.entries.push({ key, value });
  }

  /** Adds an attribute under an indexed key that the raw span is known not to have. */
  putIndexed(key: string, value: AttributeValue | undefined): void {
    if (value !== undefined) this.entries.push({ key, value });
  }

  /** A raw attribute that is a JSON object, parsed once however many read it. */
  rawRecord(key: string): JsonRecord | undefined {
    if (this.#records === undefined) this.#records = new Map();
    else if (this.#records.has(key)) return this.#records.get(key);
    const parsed = parseJsonRecord(this.raw[key]);
    this.#records.set(key, parsed);
    return parsed;
  }

  /** Marks raw content that OpenInference attributes now hold in full: it is not sent a second time. */
  replace(key: string | undefined): void {
    if (key !== undefined) this.#replaced.push(key);
  }

  /** Leaves a raw attribute out whatever `rawContent` says: backends would add it up twice. */
  omit(key: string): void {
    this.#keys.push(key);
  }

  /** Adds the raw attributes that the mapping does not replace: other backends read them. */
  putRest(withReplaced: boolean): void {
    const { raw } = this;
    for (const key in raw) {
      const value = raw[key];
      if (value === undefined || value === null || this.#keys.includes(key)) continue;
      if (!withReplaced && this.#replaced.includes(key)) continue;
      this.entries.push({ key, value });
    }
  }

  /** Whether there are attributes under this prefix (`llm.input_messages.`), raw or mapped. */
  hasUnder(prefix: string): boolean {
    for (const key in this.raw) if (key.startsWith(prefix)) return true;
    for (const key of this.#keys) if (key.startsWith(prefix)) return true;
    return false;
  }
}
