import type { Attributes } from '@opentelemetry/api';
import type { EventRecord, SpanRecord } from '../export/span-record.js';
import type { ContentClass } from '../mapping/attribute-sink.js';
import type { ContentGuard } from './content-guard.js';
import { classifyRawKey } from './content-keys.js';
import { classifyEventKey } from './event-content.js';

/**
 * Whether a text beside a span's attributes is longer than this. Asked of every span, so that one
 * with nothing to guard is handed on as it is.
 */
export function hasTextBeyond(length: number, { status, events, links }: SpanRecord): boolean {
  if (length === Infinity) return false;
  // Most spans have nothing beside their attributes.
  if (events.length === 0 && links.length === 0 && status.message === undefined) return false;
  if ((status.message?.length ?? 0) > length) return true;
  return [...events, ...links].some(({ attributes }) =>
    Object.values(attributes ?? {}).some((value) =>
      Array.isArray(value)
        ? value.some((item) => String(item).length > length)
        : typeof value === 'string' && value.length > length,
    ),
  );
}

/** Masks patterns in a name, where there are any. */
export type MaskName = (name: string) => string;

/**
 * A span's record as it may be sent: status message, events and links by the same rules as
 * attributes. The record that comes in is left as it is.
 */
export function guardSpanRecord(
  record: SpanRecord,
  guard: ContentGuard,
  maskName: MaskName,
): SpanRecord {
  const { status, events, links } = record;
  return {
    ...record,
    name: maskName(record.name),
    status: status.message === undefined ? status : guardStatus(status, guard),
    events: events.map((event) => guardEvent(event, guard, maskName)),
    links: links.map((link) =>
      link.attributes === undefined
        ? link
        : { ...link, attributes: guardAttributes(link.attributes, guard, classifyRawKey) },
    ),
  };
}

function guardStatus(status: SpanRecord['status'], guard: ContentGuard): SpanRecord['status'] {
  const { code, message } = status;
  if (message === undefined || message === '') return status;
  const passed = guard.pass('status.message', message, 'exception');
  return typeof passed === 'string' ? { code, message: passed } : { code };
}

function guardEvent(event: EventRecord, guard: ContentGuard, maskName: MaskName): EventRecord {
  const name = maskName(event.name);
  if (event.attributes === undefined) return { ...event, name };
  const classify = (key: string): ContentClass => classifyEventKey(event.name, key);
  return { ...event, name, attributes: guardAttributes(event.attributes, guard, classify) };
}

function guardAttributes(
  attributes: Attributes,
  guard: ContentGuard,
  classify: (key: string) => ContentClass,
): Attributes {
  const passed = Object.entries(attributes).flatMap(([key, value]) => {
    const kept = value === undefined ? undefined : guard.pass(key, value, classify(key));
    return kept === undefined ? [] : [[key, kept] as const];
  });
  // Not by assignment: a key named `__proto__` would be lost, or worse.
  return Object.fromEntries(passed);
}
