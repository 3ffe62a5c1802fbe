import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import type { Attributes, AttributeValue, SpanStatus } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { MappedSpan, type AttributeEntry } from '../mapping/mapped-span.js';
import { classifyAttribute, classifyIn, classifyRawKey, type Classify } from './content-keys.js';
import { ContentRedactor } from './content-redactor.js';
import { shortestLimit } from './inline-media.js';
import type { PrivacyPolicy } from './privacy.js';

type Event = ReadableSpan['events'][number];
type Link = ReadableSpan['links'][number];

/**
 * The span as it may be sent under this policy, and counts of what was withheld. The span that comes
 * in is left as it is, and handed back when nothing in it changes.
 */
export function redact(span: MappedSpan, policy: PrivacyPolicy): MappedSpan {
  if (policy.limitsMediaOnly && isShort(span, shortestLimit(policy.media))) return span;
  const kind = span.get(SemanticConventions.OPENINFERENCE_SPAN_KIND);
  const redactor = new ContentRedactor(policy, typeof kind === 'string' ? kind : '');
  const maskName = (name: string): string => policy.rewriter?.maskName(name) ?? name;
  const name = maskName(span.name);
  const status = redactStatus(span.status, redactor);
  const events = replace(span.events, (event) => redactEvent(event, redactor, maskName));
  const links = replace(span.links, (link) => redactLink(link, redactor));
  const entries = redactEntries(span.entries, redactor, classifyAttribute);
  const isSame =
    name === span.name &&
    status === span.status &&
    events === span.events &&
    links === span.links &&
    entries === span.entries;
  return isSame ? span : new MappedSpan(span, { name, status, events, links, entries });
}

/** Whether no value can be media that is too long: of most spans, when nothing else is withheld. */
function isShort({ entries, events, links, status }: MappedSpan, limit: number): boolean {
  for (const { value } of entries) if (!isShortValue(value, limit)) return false;
  for (const { attributes } of [...events, ...links]) {
    for (const key in attributes) if (!isShortValue(attributes[key], limit)) return false;
  }
  return isShortValue(status.message, limit);
}

/** A list may be the bytes of an image. */
function isShortValue(value: AttributeValue | undefined, limit: number): boolean {
  return typeof value === 'string' ? value.length <= limit : typeof value !== 'object';
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
  if (!Array.isArray(value) || !value.some((item) => typeof item === 'string')) return value;
  return value.map((item) => String(item ?? '').slice(0, maxLength));
}

function redactStatus(status: SpanStatus, redactor: ContentRedactor): SpanStatus {
  const { code, message } = status;
  if (message === undefined || message === '') return status;
  const sent = redactor.redact('status.message', message, () => 'exception');
  if (sent === message) return status;
  return typeof sent === 'string' ? { code, message: sent } : { code };
}

function redactEvent(
  event: Event,
  redactor: ContentRedactor,
  maskName: (name: string) => string,
): Event {
  const name = maskName(event.name);
  const { attributes } = event;
  const sent = attributes && redactAttributes(attributes, redactor, classifyIn(event.name));
  if (name === event.name && sent === attributes) return event;
  return { ...event, name, ...(sent && { attributes: sent }) };
}

function redactLink(link: Link, redactor: ContentRedactor): Link {
  const { attributes } = link;
  const sent = attributes && redactAttributes(attributes, redactor, classifyRawKey);
  return sent === undefined || sent === attributes ? link : { ...link, attributes: sent };
}

function redactAttributes(
  attributes: Attributes,
  redactor: ContentRedactor,
  classify: Classify,
): Attributes {
  const entries: readonly AttributeEntry[] = Object.entries(attributes).flatMap(([key, value]) =>
    value === undefined ? [] : [{ key, value }],
  );
  const sent = redactEntries(entries, redactor, classify);
  // Not by assignment: a key named `__proto__` would be lost, or worse.
  return sent === entries
    ? attributes
    : Object.fromEntries(sent.map(({ key, value }) => [key, value]));
}

function redactEntries(
  entries: readonly AttributeEntry[],
  redactor: ContentRedactor,
  classify: Classify,
): readonly AttributeEntry[] {
  return replace(entries, (entry) => {
    const value = redactor.redact(entry.key, entry.value, classify);
    if (value === entry.value) return entry;
    return value === undefined ? undefined : { key: entry.key, value };
  });
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
