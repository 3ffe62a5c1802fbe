import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { ConversationHistories } from '../history/conversation-histories.js';
import { classifyRawKey } from '../privacy/content-keys.js';
import type { AttributeReplay, AttributeSink, ContentClass } from './attribute-sink.js';
import { parseJsonRecord, type JsonRecord } from './read-attributes.js';

/** Both halves of what replays the beginning of a conversation. */
export interface ReplayedHistories {
  readonly histories: ConversationHistories;
  readonly replay: AttributeReplay;
}

/**
 * The mapping of one span in progress: what goes out, and what of the raw span need not follow.
 */
export class SpanMapping {
  readonly raw: Attributes;
  /** Short input and output, for the spans above that are summed up from those below. */
  input: string | undefined;
  output: string | undefined;
  readonly #sink: AttributeSink;
  /** Keys that were put: few enough that looking through them is cheaper than a map. */
  readonly #keys: string[] = [];
  /** The values beside the keys, of those that hold no content. */
  readonly #figures: (AttributeValue | undefined)[] = [];
  readonly #represented: string[] = [];
  readonly #countedElsewhere: string[] = [];
  #records: Map<string, JsonRecord | undefined> | undefined;
  readonly #histories: ConversationHistories | undefined;

  constructor(raw: Attributes, sink: AttributeSink, histories?: ConversationHistories) {
    this.raw = raw;
    this.#sink = sink;
    this.#histories = histories;
  }

  /** Where input messages that an earlier call had are put again as they are. */
  get replayed(): ReplayedHistories | undefined {
    const histories = this.#histories;
    const { replay } = this.#sink;
    return histories && replay && { histories, replay };
  }

  /**
   * Puts a mapped attribute, unless the raw span has the key: what somebody set there wins. Of two
   * sources for one key the first wins.
   */
  put(key: string, value: AttributeValue | undefined, content: ContentClass): void {
    if (value === undefined || Object.hasOwn(this.raw, key) || this.#keys.includes(key)) return;
    this.#keys.push(key);
    this.#figures.push(content === 'none' ? value : undefined);
    this.#sink.put(key, value, content);
  }

  /** Puts an attribute under an indexed key that the raw span is known not to have. */
  putIndexed(key: string, value: AttributeValue | undefined, content: ContentClass): void {
    if (value !== undefined) this.#sink.put(key, value, content);
  }

  /** A raw attribute that is a JSON object, parsed once however many read it. */
  rawRecord(key: string): JsonRecord | undefined {
    if (this.#records === undefined) this.#records = new Map();
    else if (this.#records.has(key)) return this.#records.get(key);
    const parsed = parseJsonRecord(this.raw[key]);
    this.#records.set(key, parsed);
    return parsed;
  }

  /** Marks raw content that now stands in OpenInference form: it is not sent a second time. */
  represent(key: string | undefined): void {
    if (key !== undefined) this.#represented.push(key);
  }

  /** Marks a raw attribute that another span has too and that backends would add up. */
  leaveToOtherSpan(key: string): void {
    this.#countedElsewhere.push(key);
  }

  /** Puts the raw attributes that the mapping does not stand for: scalars that other backends read. */
  putRest(withRepresented: boolean): void {
    const { raw } = this;
    for (const key in raw) {
      const value = raw[key];
      if (value === undefined || value === null || this.#countedElsewhere.includes(key)) continue;
      if (!withRepresented && this.#represented.includes(key)) continue;
      this.#sink.put(key, value, classifyRawKey(key));
    }
  }

  /** What goes out under a key as no content of anybody's: mapped, or as LiveKit recorded it. */
  figure(key: string): AttributeValue | undefined {
    const at = this.#keys.indexOf(key);
    if (at >= 0) return this.#figures[at];
    return classifyRawKey(key) === 'none' ? this.raw[key] : undefined;
  }

  /** Whether somebody set attributes under this prefix (`llm.input_messages.`), here or around. */
  hasUnder(prefix: string): boolean {
    for (const key in this.raw) if (key.startsWith(prefix)) return true;
    for (const key of this.#keys) if (key.startsWith(prefix)) return true;
    return false;
  }
}
