import { MimeType, SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { LiveKitAttr } from '../semconv/raw-attributes.js';
import { LIVEKIT_SCOPE_NAME, mapSpanKind } from './livekit-spans.js';
import type { AttributeEntry } from './mapped-span.js';
import type { MappingContext } from './mapping-context.js';
import { unmarkContent } from './marked-content.js';
import { parseJsonRecord, type JsonRecord } from './read-attributes.js';

type ValueMimeType = `${MimeType}`;

/**
 * The mapping of one span in progress: what is read, the attributes to send, and the raw ones that
 * need not follow. It has no reference to the span, so nothing can write on it.
 */
export class SpanMapping {
  readonly name: string;
  readonly isLiveKit: boolean;
  /** OpenInference's kind, see `mapSpanKind`. */
  readonly kind: string;
  readonly raw: Attributes;
  readonly context: MappingContext;
  readonly entries: AttributeEntry[] = [];
  /** Keys that are not to be put any more: mapped ones without indexed lists, omitted ones. */
  readonly #keys = new Set<string>();
  readonly #rawContent: boolean;
  #records: Map<string, JsonRecord | undefined> | undefined;

  /** With `rawContent` raw attributes are sent even where the mapped ones have all of it. */
  constructor(
    name: string,
    scopeName: string,
    attributes: Attributes,
    context: MappingContext,
    rawContent: boolean,
  ) {
    this.name = name;
    this.isLiveKit = scopeName === LIVEKIT_SCOPE_NAME;
    this.raw = this.isLiveKit ? attributes : unmarkContent(attributes);
    this.kind = mapSpanKind(name, scopeName, this.raw);
    this.context = context;
    this.#rawContent = rawContent;
  }

  /**
   * Adds a mapped attribute, unless the raw span has the key: what somebody set there wins. Of two
   * sources for one key the first wins.
   */
  put(key: string, value: AttributeValue | undefined): void {
    if (value === undefined || Object.hasOwn(this.raw, key) || this.#keys.has(key)) return;
    this.#keys.add(key);
    this.entries.push({ key, value });
  }

  /** Adds an attribute under an indexed key that the raw span is known not to have. */
  putIndexed(key: string, value: AttributeValue | undefined): void {
    if (value !== undefined) this.entries.push({ key, value });
  }

  /** Puts `input.value` with its mime type. */
  putInput(value: string | undefined, mimeType: ValueMimeType = MimeType.TEXT): void {
    if (value === undefined) return;
    this.put(S.INPUT_VALUE, value);
    this.put(S.INPUT_MIME_TYPE, mimeType);
  }

  /** Puts `output.value` with its mime type. */
  putOutput(value: string | undefined, mimeType: ValueMimeType = MimeType.TEXT): void {
    if (value === undefined) return;
    this.put(S.OUTPUT_VALUE, value);
    this.put(S.OUTPUT_MIME_TYPE, mimeType);
  }

  /** A raw attribute that is a JSON object, parsed once however many read it. */
  rawRecord(key: string): JsonRecord | undefined {
    if (key === LiveKitAttr.TTS_METRICS && this.context.ttsMetrics !== undefined) {
      return this.context.ttsMetrics;
    }
    if (this.#records === undefined) this.#records = new Map();
    else if (this.#records.has(key)) return this.#records.get(key);
    const parsed = parseJsonRecord(this.raw[key]);
    this.#records.set(key, parsed);
    return parsed;
  }

  /** LiveKit's own metrics of a model call (`metrics/base.ts`), of a realtime model or another. */
  modelMetrics(): JsonRecord | undefined {
    const { LLM_METRICS, REALTIME_METRICS } = LiveKitAttr;
    const isRealtime = (this.raw[REALTIME_METRICS] ?? undefined) !== undefined;
    return this.rawRecord(isRealtime ? REALTIME_METRICS : LLM_METRICS);
  }

  /** Marks raw content that is now complete in OpenInference attributes: it is not sent twice. */
  replace(key: string): void {
    if (!this.#rawContent && this.raw[key] !== undefined) this.#keys.add(key);
  }

  replaceAll(keys: readonly string[]): void {
    for (const key of keys) this.replace(key);
  }

  /** Leaves a raw attribute out whatever `rawContent` says: backends would count it twice. */
  omit(key: string): void {
    this.#keys.add(key);
  }

  /** Adds the raw attributes that the mapping does not replace: other backends read them. */
  putRest(): void {
    const { raw } = this;
    for (const key in raw) {
      const value = raw[key];
      if (value === undefined || value === null || this.#keys.has(key)) continue;
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
