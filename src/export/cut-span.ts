import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { entriesOf, MappedSpan, type AttributeEntry } from '../mapping/mapped-span.js';
import { entriesBytes, estimateBytes } from './span-batch.js';

/** Set on a span that lost content to fit the collector. */
export const ATTR_CATALYST_TRUNCATED = 'catalyst.truncated';

const MESSAGE_KEY = /^llm\.input_messages\.(\d+)\./;
const MIN_TEXT_BYTES = 16;
/** Kept for the mark and what is not an attribute. */
const MARGIN_BYTES = 320;

/**
 * A shorter form of a span, of at most about `maxBytes`: without the oldest input messages, then
 * with texts cut. JSON stays JSON. `undefined` when the span cannot be made that short.
 */
export function cutSpan(span: ReadableSpan, maxBytes: number): MappedSpan | undefined {
  const entries = entriesOf(span).filter(({ key }) => key !== ATTR_CATALYST_TRUNCATED);
  const eventBytes = estimateBytes(new MappedSpan(span, { entries: [] }));
  const room = maxBytes - MARGIN_BYTES;
  // Events go whole, and only when they leave too little to the conversation.
  const keepsEvents = eventBytes <= room / 2;
  const maxEntriesBytes = keepsEvents ? room - eventBytes : room;
  const kept = cutTexts(dropMessages(entries, maxEntriesBytes), maxEntriesBytes);
  if (kept === undefined) return undefined;
  return new MappedSpan(span, {
    entries: [...kept, { key: ATTR_CATALYST_TRUNCATED, value: true }],
    droppedAttributesCount: span.droppedAttributesCount + entries.length - kept.length,
    ...(!keepsEvents && {
      events: [],
      droppedEventsCount: span.droppedEventsCount + span.events.length,
    }),
  });
}

/** Leaves out the oldest input messages; the newest and the system prompt in front stay. */
function dropMessages(
  entries: readonly AttributeEntry[],
  maxBytes: number,
): readonly AttributeEntry[] {
  let bytes = entriesBytes(entries);
  if (bytes <= maxBytes) return entries;
  const byIndex = new Map<number, AttributeEntry[]>();
  const others: AttributeEntry[] = [];
  for (const entry of entries) {
    const index = MESSAGE_KEY.exec(entry.key)?.[1];
    const message = byIndex.get(Number(index)) ?? [];
    if (index === undefined) others.push(entry);
    else byIndex.set(Number(index), [...message, entry]);
  }
  const messages = [...byIndex].toSorted(([a], [b]) => a - b).map(([, message]) => message);
  const kept = messages[0]?.some(isSystemRole) === true ? messages.splice(0, 1) : [];
  while (messages.length > 1 && bytes > maxBytes) bytes -= entriesBytes(messages.shift() ?? []);
  // Numbered from 0 again: readers stop at a gap.
  const renumbered = [...kept, ...messages].flatMap((message, index) =>
    message.map(({ key, value }) => ({
      key: key.replace(MESSAGE_KEY, `llm.input_messages.${index}.`),
      value,
    })),
  );
  return [...renumbered, ...others];
}

function isSystemRole({ key, value }: AttributeEntry): boolean {
  return key.endsWith('.role') && value === 'system';
}

/** Cuts texts to one length, the longest that fits. */
function cutTexts(
  entries: readonly AttributeEntry[],
  maxBytes: number,
): readonly AttributeEntry[] | undefined {
  let current = entries;
  for (let limit = maxBytes; entriesBytes(current) > maxBytes; limit = limit >> 1) {
    if (limit < MIN_TEXT_BYTES) return undefined;
    const most = limit;
    current = current.map(({ key, value }) => ({
      key,
      value: typeof value === 'string' ? cutText(value, most) : value,
    }));
  }
  return current;
}

const MAX_JSON_DEPTH = 100;
/** Items of an array that stay for every so many bytes that are left. */
const BYTES_PER_ITEM = 32;

/** The first `length` characters, a surrogate pair never halved. */
function head(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? length - 1 : length;
  return `${text.slice(0, end)}…`;
}

function parseStructure(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The value with every string and array in it at most so large; of arrays the newest items stay. */
function shrunk(value: unknown, size: number, depth: number): unknown {
  if (typeof value === 'string') return value.length > size ? head(value, size) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_JSON_DEPTH) return null;
  if (Array.isArray(value)) {
    const items = Math.max(1, Math.floor(size / BYTES_PER_ITEM));
    return value.slice(-items).map((item) => shrunk(item, size, depth + 1));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, shrunk(item, size, depth + 1)]),
  );
}

/**
 * The text in at most `maxBytes` bytes of UTF-8. What was JSON of an object or an array still is:
 * it loses the ends of its strings and the oldest items of its arrays. Other text loses its end and
 * shows that by an ellipsis.
 */
export function cutText(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const structure = parseStructure(text);
  for (let size = maxBytes; size >= 1; size = size >> 1) {
    const cut =
      structure === undefined ? head(text, size) : JSON.stringify(shrunk(structure, size, 0));
    if (Buffer.byteLength(cut) <= maxBytes) return cut;
  }
  if (structure === undefined) return '';
  return Array.isArray(structure) ? '[]' : '{}';
}
