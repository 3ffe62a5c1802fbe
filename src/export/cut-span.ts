import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { entriesOf, MappedSpan, type AttributeEntry } from '../mapping/mapped-span.js';
import { cutText } from './cut-text.js';
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

interface Message {
  readonly index: number;
  readonly entries: readonly AttributeEntry[];
}

/** Leaves out the oldest input messages; the newest and the system prompt in front stay. */
function dropMessages(entries: readonly AttributeEntry[], maxBytes: number): AttributeEntry[] {
  const others = entries.filter(({ key }) => !MESSAGE_KEY.test(key));
  const messages = groupMessages(entries);
  const [first] = messages;
  const kept = first !== undefined && isSystem(first) ? [first] : [];
  const droppable = messages.slice(kept.length);
  let bytes = sizeOf(entries);
  let dropped = 0;
  for (; dropped < droppable.length - 1 && bytes > maxBytes; dropped++) {
    bytes -= sizeOf(droppable[dropped]?.entries ?? []);
  }
  return [...renumber([...kept, ...droppable.slice(dropped)]), ...others];
}

function groupMessages(entries: readonly AttributeEntry[]): Message[] {
  const byIndex = new Map<number, AttributeEntry[]>();
  for (const entry of entries) {
    const match = MESSAGE_KEY.exec(entry.key);
    if (match === null) continue;
    const index = Number(match[1]);
    const group = byIndex.get(index);
    if (group === undefined) byIndex.set(index, [entry]);
    else group.push(entry);
  }
  return [...byIndex]
    .toSorted(([a], [b]) => a - b)
    .map(([index, group]) => ({ index, entries: group }));
}

function isSystem({ entries }: Message): boolean {
  return entries.some(({ key, value }) => key.endsWith('.role') && value === 'system');
}

/** Numbers messages from 0 again: readers stop at a gap. */
function renumber(messages: readonly Message[]): AttributeEntry[] {
  return messages.flatMap(({ entries }, index) =>
    entries.map(({ key, value }) => {
      const rest = MESSAGE_KEY.exec(key)?.[2] ?? '';
      return { key: `llm.input_messages.${index}.${rest}`, value };
    }),
  );
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
