import type { Attributes, AttributeValue } from '@opentelemetry/api';
import type { ConversationHistories } from '../history/conversation-histories.js';
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
  /** Few enough that looking through them is cheaper than a set. */
  readonly #put: string[] = [];
  readonly #represented: string[] = [];
  readonly #countedElsewhere: string[] = [];
  #records: Map<string, JsonRecord | undefined> | undefined;

  /** Where input messages that an earlier call had are put again as they are. */
  readonly replayed: ReplayedHistories | undefined;

  constructor(raw: Attributes, sink: AttributeSink, histories?: ConversationHistories) {
    this.raw = raw;
    this.#sink = sink;
    const { replay } = sink;
    if (histories !== undefined && replay !== undefined) this.replayed = { histories, replay };
  }

  /**
   * Puts a mapped attribute, unless the raw span has the key: what somebody set there wins. Of two
   * sources for one key the first wins.
   */
  put(key: string, value: AttributeValue | undefined, content: ContentClass): void {
    if (value === undefined || Object.hasOwn(this.raw, key) || this.#put.includes(key)) return;
    this.#put.push(key);
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

  isRepresented(key: string): boolean {
    return this.#represented.includes(key);
  }

  isCountedElsewhere(key: string): boolean {
    return this.#countedElsewhere.includes(key);
  }

  /** Whether somebody set attributes under this prefix (`llm.input_messages.`), here or around. */
  hasUnder(prefix: string): boolean {
    for (const key in this.raw) if (key.startsWith(prefix)) return true;
    return this.#put.some((key) => key.startsWith(prefix));
  }
}
