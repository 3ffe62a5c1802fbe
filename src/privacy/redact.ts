import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import type { Attributes, AttributeValue, SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { MappedSpan, type AttributeEntry } from '../mapping/mapped-span.js';
import {
  classifyAttribute,
  classifyIn,
  classifyRawKey,
  isMarkedPii,
  type Classify,
} from './content-keys.js';
import type { ContentClass } from './content-rules.js';
import { MessageHistory } from './earlier-answers.js';
import { hideProperties, REDACTED_VALUE, TOOL_PROPERTIES } from './hide-in-json.js';
import { limitInlineMedia, shortestLimit } from './inline-media.js';
import type { PrivacyPolicy } from './privacy.js';

type Event = ReadableSpan['events'][number];
type Link = ReadableSpan['links'][number];

/** LiveKit's replacement for an exception's message (`telemetry/redaction.ts`). */
const REDACTED_EXCEPTION_MESSAGE = 'exception details redacted';
/** Names of agents and tools, also as their ids: always sent, and masked like the names of spans. */
const NAME =
  /(?:^|[._])(?:(?:tool|toolCall|function|workflow|entity)[._](?:name|path)|(?:agent|node)[._](?:name|label|role|id|previous_id|parent_id)|session\.agents|functionId)$/;

/**
 * The span as it may be sent under this policy, and counts of what was withheld. The span that comes
 * in is left as it is, and handed back when nothing in it changes.
 */
export function redact(span: MappedSpan, policy: PrivacyPolicy): MappedSpan {
  if (policy.limitsMediaOnly && isShort(span, shortestLimit(policy.media))) return span;
  const kind = span.get(SemanticConventions.OPENINFERENCE_SPAN_KIND);
  return new SpanRedactor(policy, typeof kind === 'string' ? kind : '').redact(span);
}

/** What may be sent of one text that is an attribute of no span. */
export function redactText(
  key: string,
  text: string | undefined,
  policy: PrivacyPolicy,
): string | undefined {
  const sent = text && new SpanRedactor(policy, '').value(key, text, classifyAttribute);
  return typeof sent === 'string' ? sent : undefined;
}

/** Whether no value can be media that is too long: of most spans, when nothing else is withheld. */
function isShort({ entries, events, links, status }: MappedSpan, limit: number): boolean {
  for (const { value } of entries) if (!isShortValue(value, limit)) return false;
  for (const { attributes } of events) if (!areShort(attributes, limit)) return false;
  for (const { attributes } of links) if (!areShort(attributes, limit)) return false;
  return isShortValue(status.message, limit);
}

function areShort(attributes: Attributes | undefined, limit: number): boolean {
  for (const key in attributes) if (!isShortValue(attributes[key], limit)) return false;
  return true;
}

function isShortValue(value: unknown, limit: number): boolean {
  if (typeof value === 'string') return value.length <= limit;
  return !Array.isArray(value) || value.every((item) => isShortValue(item, limit));
}

/**
 * The span with its texts cut to the length that `attributeValueLengthLimit` allows. The SDK would
 * cut when a value is set, and half a card number is no card number to a pattern.
 */
export function cutValues(span: MappedSpan, maxLength: number): MappedSpan {
  if (!Number.isFinite(maxLength)) return span;
  const entries = span.entries.map(({ key, value }) => ({
    key,
    value: cutValue(value, maxLength),
  }));
  return new MappedSpan(span, { entries });
}

function cutValue(value: AttributeValue, maxLength: number): AttributeValue {
  if (typeof value === 'string') return value.slice(0, maxLength);
  if (!hasText(value)) return value;
  return [value].flat().map((item) => String(item ?? '').slice(0, maxLength));
}

/** Decides value by value what of one span's content is sent, and how it reads. */
class SpanRedactor {
  readonly #policy: PrivacyPolicy;
  readonly #kind: string;
  readonly #history: MessageHistory | undefined;

  constructor(policy: PrivacyPolicy, kind: string) {
    this.#policy = policy;
    this.#kind = kind;
    this.#history = policy.hidesAnswersInInput ? new MessageHistory(kind) : undefined;
  }

  redact(span: MappedSpan): MappedSpan {
    const name = this.#name(span.name);
    const status = this.#status(span.status);
    const events = replace(span.events, (event) => this.#event(event));
    const links = replace(span.links, (link) => this.#link(link));
    const entries = this.#entries(span.entries, classifyAttribute);
    const isSame =
      name === span.name &&
      status === span.status &&
      events === span.events &&
      links === span.links &&
      entries === span.entries;
    return isSame ? span : new MappedSpan(span, { name, status, events, links, entries });
  }

  #name(name: string): string {
    return this.#policy.rewriter?.maskName(name) ?? name;
  }

  #status(status: SpanStatus): SpanStatus {
    const { code, message } = status;
    if (message === undefined || message === '') return status;
    const sent = this.value('status.message', message, () => 'exception');
    if (sent === message) return status;
    return typeof sent === 'string' ? { code, message: sent } : { code };
  }

  #event(event: Event): Event {
    const name = this.#name(event.name);
    const { attributes } = event;
    const sent = attributes && this.#attributes(attributes, classifyIn(event.name));
    if (name === event.name && sent === attributes) return event;
    return { ...event, name, ...(sent && { attributes: sent }) };
  }

  #link(link: Link): Link {
    const { attributes } = link;
    const sent = attributes && this.#attributes(attributes, classifyRawKey);
    return sent === undefined || sent === attributes ? link : { ...link, attributes: sent };
  }

  #attributes(attributes: Attributes, classify: Classify): Attributes {
    const entries = Object.entries(attributes).flatMap(([key, value]) =>
      value === undefined ? [] : [{ key, value }],
    );
    const sent = this.#entries(entries, classify);
    // Not by assignment: a key named `__proto__` would be lost, or worse.
    return sent === entries
      ? attributes
      : Object.fromEntries(sent.map(({ key, value }) => [key, value]));
  }

  #entries(entries: readonly AttributeEntry[], classify: Classify): readonly AttributeEntry[] {
    return replace(entries, (entry) => {
      const value = this.value(entry.key, entry.value, classify);
      if (value === entry.value) return entry;
      return value === undefined ? undefined : { key: entry.key, value };
    });
  }

  /** The value to send; `undefined` sends nothing. What may stay as it is comes back itself. */
  value(key: string, value: AttributeValue, classify: Classify): AttributeValue | undefined {
    const { actions, limitsMediaOnly, counts } = this.#policy;
    if (limitsMediaOnly) return this.#rewrite(key, value, 'none');
    const content = classify(key, value);
    if (content === 'none') {
      if (!NAME.test(key) || typeof value === 'number' || typeof value === 'boolean') return value;
      if (typeof value === 'string') return this.#name(value);
      return hasText(value) ? value.map((item) => this.#name(String(item ?? ''))) : value;
    }
    if (content === 'personal') {
      const hashed = this.#hash(key, value);
      if (hashed !== undefined) return hashed;
    }
    // Asked for every value: a role that a switch removes still says whose the text is.
    const repeatsAnswer = this.#history?.repeatsAnswer(key, value, content) ?? false;
    const action = actions.get(content) ?? 'remove';
    const isStack = content === 'exception' && key.includes('stack');
    if (action === 'remove' || (action === 'redact' && isStack)) {
      if (content === 'raw' && isMeasured(key, value)) return value;
      counts.removed += 1;
      return undefined;
    }
    if (action === 'keep' && !repeatsAnswer) return this.#rewrite(key, value, content);
    counts.redacted += 1;
    return content === 'exception' ? REDACTED_EXCEPTION_MESSAGE : REDACTED_VALUE;
  }

  /** An identity is one in any form: a number, or the names of a list. */
  #hash(key: string, value: AttributeValue): AttributeValue | undefined {
    const hashes = [value].flat().map((one) => this.#policy.hashIdentity?.(key, String(one)));
    const [first] = hashes;
    if (first === undefined) return undefined;
    this.#policy.counts.hashed += 1;
    return Array.isArray(value) ? hashes.map(String) : first;
  }

  #rewrite(key: string, value: AttributeValue, content: ContentClass): AttributeValue | undefined {
    if (!Array.isArray(value)) return this.#rewriteOne(key, value, content);
    // The numbers of a vector are no text, and there are thousands.
    const readsNumbers = this.#policy.rewriter !== undefined && content !== 'embeddingVector';
    if (!readsNumbers && !hasText(value)) return value;
    const texts: string[] = [];
    let isChanged = false;
    for (const item of value) {
      if (item === null || item === undefined) continue;
      const rewritten = this.#rewriteOne(key, item, content);
      isChanged ||= rewritten !== item;
      texts.push(String(rewritten ?? REDACTED_VALUE));
    }
    return isChanged ? texts : value;
  }

  #rewriteOne(
    key: string,
    value: string | number | boolean,
    content: ContentClass,
  ): string | number | boolean | undefined {
    if (typeof value === 'boolean') return value;
    const trimmed = typeof value === 'string' ? this.#trim(key, value, content) : value;
    const { rewriter } = this.#policy;
    if (rewriter === undefined) return trimmed;
    const text = String(trimmed);
    const rewritten = rewriter.rewrite(text, { key, kind: this.#kind });
    return rewritten === text ? trimmed : rewritten;
  }

  /** Cuts out of a text what is hidden although the text is not. */
  #trim(key: string, value: string, content: ContentClass): string {
    const { media, hiddenParameters, hidesOfferedTools, counts } = this.#policy;
    const isParameters = content === 'invocationParameters';
    let trimmed = limitInlineMedia(value, media, key);
    if (isParameters && hiddenParameters !== undefined) {
      trimmed = hideProperties(key, trimmed, hiddenParameters);
    }
    // Where tracers of model APIs put the request as it was made.
    if (hidesOfferedTools && (isParameters || content === 'inputValue')) {
      trimmed = hideProperties(key, trimmed, TOOL_PROPERTIES);
    }
    if (trimmed !== value) counts.redacted += 1;
    return trimmed;
  }
}

/**
 * A number under a key that nobody knows is a measurement more often than a message. One that LiveKit
 * marks, and one as long as a telephone number, is none.
 */
function isMeasured(key: string, value: AttributeValue): boolean {
  if (isMarkedPii(key)) return false;
  return typeof value === 'boolean' || (typeof value === 'number' && Math.abs(value) < 1_000_000);
}

/** Whether it is a list with texts in it. */
function hasText(value: AttributeValue): boolean {
  return Array.isArray(value) && value.some((item) => typeof item === 'string');
}

/** The list with other items, without those that become nothing; itself when all stay the same. */
function replace<T, List extends readonly T[]>(
  items: List & readonly T[],
  change: (item: T) => T | undefined,
): List | T[] {
  let changed: T[] | undefined;
  let index = 0;
  for (const item of items) {
    const sent = change(item);
    if (sent !== item) changed ??= items.slice(0, index);
    if (changed !== undefined && sent !== undefined) changed.push(sent);
    index += 1;
  }
  return changed ?? items;
}
