import { MimeType, SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import type { Message } from './conversation.js';
import { LIVEKIT_SCOPE_NAME, mapSpanKind } from './livekit-spans.js';
import type { AttributeEntry } from './mapped-span.js';
import type { MappingContext } from './mapping-context.js';
import { unmarkContent } from './marked-content.js';
import { addMessages, type MessageSide } from './messages.js';
import { parseJsonArray, parseJsonRecord, type JsonRecord } from './read-attributes.js';

type ValueMimeType = `${MimeType}`;
const TOKEN_COUNT_PREFIX = 'llm.token_count.';
const NO_METRICS: JsonRecord = Object.freeze({});

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
  /** Keys that are not to be put any more: mapped ones, omitted ones. */
  readonly #keys = new Set<string>();
  readonly #rawContent: boolean;
  #modelMetrics: JsonRecord | undefined;
  #omitsUsage = false;

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

  /** Puts flattened messages. Those that somebody set on the span win, and no key is sent twice. */
  putMessages(
    side: MessageSide,
    messages: readonly Message[],
    system: readonly JsonRecord[] = [],
  ): void {
    if (messages.length === 0 && system.length === 0) return;
    if (!this.hasUnder(side.prefix)) addMessages(this.entries, side, messages, system);
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

  /** LiveKit's own metrics of a model call (`metrics/base.ts`), of a realtime model or another. */
  modelMetrics(): JsonRecord {
    const { LLM_METRICS, REALTIME_METRICS } = LiveKitAttr;
    this.#modelMetrics ??=
      parseJsonRecord(this.raw[REALTIME_METRICS] ?? this.raw[LLM_METRICS]) ?? NO_METRICS;
    return this.#modelMetrics;
  }

  /** The first text under these keys. All of them say the same, so none is sent again. */
  takeText(keys: readonly string[]): string | undefined {
    let found: string | undefined;
    for (const key of keys) {
      const value = this.raw[key];
      if (typeof value !== 'string') continue;
      found ??= value;
      this.replace(key);
    }
    return found;
  }

  /** The list that is JSON under this key: it is not sent again. */
  takeArray(key: string): readonly unknown[] | undefined {
    const array = parseJsonArray(this.raw[key]);
    if (array !== undefined) this.replace(key);
    return array;
  }

  /** Marks raw content that is now complete in OpenInference attributes: it is not sent twice. */
  replace(...keys: readonly string[]): void {
    if (!this.#rawContent) for (const key of keys) this.#keys.add(key);
  }

  /** Leaves a raw attribute out whatever `rawContent` says: backends would count it twice. */
  omit(key: string): void {
    this.#keys.add(key);
  }

  /**
   * Leaves a call's usage to the span that has it. The raw `gen_ai.usage.*` go too: backends read
   * them where the OpenInference counts are missing, and would add the call up twice.
   */
  omitUsage(): void {
    this.#omitsUsage = true;
  }

  /** Adds the raw attributes that the mapping does not replace: other backends read them. */
  putRest(): void {
    const { raw } = this;
    for (const key in raw) {
      const value = raw[key];
      if (value === undefined || value === null || this.#keys.has(key)) continue;
      if (!this.#isOmittedCount(key, value)) this.entries.push({ key, value });
    }
  }

  /**
   * Counts below zero are how providers and SDKs write "unknown" (-1). Whoever set them, sums of
   * backends, session statistics and metrics would go down.
   */
  #isOmittedCount(key: string, value: AttributeValue): boolean {
    const isNegative = typeof value === 'number' && value < 0;
    if (!isNegative && !this.#omitsUsage) return false;
    return (
      key.startsWith(GenAiAttr.USAGE_PREFIX) || (isNegative && key.startsWith(TOKEN_COUNT_PREFIX))
    );
  }

  /** Whether the span, or OpenInference's context, has attributes under this prefix. */
  hasUnder(prefix: string): boolean {
    for (const key in this.raw) if (key.startsWith(prefix)) return true;
    for (const key in this.context.contextAttributes) if (key.startsWith(prefix)) return true;
    return false;
  }
}
