import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { entriesOf, MappedSpan, type AttributeEntry } from '../mapping/mapped-span.js';
import { estimateBytes } from './span-batch.js';

/** Set on a span that lost content to fit the collector. */
export const ATTR_CATALYST_TRUNCATED = 'catalyst.truncated';

const MESSAGE_KEY = /^llm\.input_messages\.(\d+)\.(.*)$/s;
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
  const kept = cutEntries(entries, keepsEvents ? room - eventBytes : room);
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

function cutEntries(
  entries: readonly AttributeEntry[],
  maxBytes: number,
): readonly AttributeEntry[] | undefined {
  if (sizeOf(entries) <= maxBytes) return entries;
  return cutTexts(dropMessages(entries, maxBytes), maxBytes);
}

function sizeOf(entries: readonly AttributeEntry[]): number {
  let bytes = 0;
  for (const { key, value } of entries) bytes += 20 + Buffer.byteLength(key) + textBytes(value);
  return bytes;
}

function textBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (!Array.isArray(value)) return 10;
  return value.reduce<number>((sum, item) => sum + 10 + textBytes(item), 0);
}

/** Leaves out the oldest input messages; the newest and the system prompt in front stay. */
function dropMessages(entries: readonly AttributeEntry[], maxBytes: number): AttributeEntry[] {
  const others = entries.filter(({ key }) => !MESSAGE_KEY.test(key));
  const messages = groupMessages(entries);
  const isSystem = messages[0]?.some(
    ({ key, value }) => key.endsWith('.role') && value === 'system',
  );
  const kept = isSystem === true ? messages.slice(0, 1) : [];
  const droppable = messages.slice(kept.length);
  let bytes = sizeOf(entries);
  let dropped = 0;
  for (; dropped < droppable.length - 1 && bytes > maxBytes; dropped++) {
    bytes -= sizeOf(droppable[dropped] ?? []);
  }
  // Numbered from 0 again: readers stop at a gap.
  const renumbered = [...kept, ...droppable.slice(dropped)].flatMap((message, index) =>
    message.map(({ key, value }) => {
      const rest = MESSAGE_KEY.exec(key)?.[2] ?? '';
      return { key: `llm.input_messages.${index}.${rest}`, value };
    }),
  );
  return [...renumbered, ...others];
}

/** The attributes of each input message, oldest first. */
function groupMessages(entries: readonly AttributeEntry[]): AttributeEntry[][] {
  const byIndex = new Map<number, AttributeEntry[]>();
  for (const entry of entries) {
    const match = MESSAGE_KEY.exec(entry.key);
    if (match === null) continue;
    const index = Number(match[1]);
    const group = byIndex.get(index);
    if (group === undefined) byIndex.set(index, [entry]);
    else group.push(entry);
  }
  return [...byIndex].toSorted(([a], [b]) => a - b).map(([, group]) => group);
}

/** Cuts texts to one length, the longest that fits. */
function cutTexts(
  entries: readonly AttributeEntry[],
  maxBytes: number,
): readonly AttributeEntry[] | undefined {
  let current = entries;
  for (let limit = maxBytes; limit >= MIN_TEXT_BYTES; limit = Math.floor(limit / 2)) {
    if (sizeOf(current) <= maxBytes) return current;
    const most = limit;
    current = current.map(({ key, value }) => ({
      key,
      value: typeof value === 'string' ? cutText(value, most) : value,
    }));
  }
  return sizeOf(current) <= maxBytes ? current : undefined;
}

const ELLIPSIS = '…';
const MAX_JSON_DEPTH = 100;
/** Items of an array that stay for every so many bytes that are left. */
const BYTES_PER_ITEM = 32;

/** The first `length` characters, a surrogate pair never halved. */
function head(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? length - 1 : length;
  return `${text.slice(0, end)}${ELLIPSIS}`;
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
  if (structure === undefined) {
    let cut = '';
    for (let length = maxBytes; length >= 1; length = Math.floor(length / 2)) {
      cut = head(text, length);
      if (Buffer.byteLength(cut) <= maxBytes) return cut;
    }
    return '';
  }
  for (let size = maxBytes; size >= 1; size = Math.floor(size / 2)) {
    const cut = JSON.stringify(shrunk(structure, size, 0));
    if (Buffer.byteLength(cut) <= maxBytes) return cut;
  }
  return Array.isArray(structure) ? '[]' : '{}';
}
