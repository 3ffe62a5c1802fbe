import { cutText } from './cut-text.js';

/** An attribute as the cut sees it; `value` is its encoded form, which only the encoding understands. */
export interface CuttableAttribute<Value> {
  readonly key: string;
  /** The value of a string attribute; undefined for others, which are never cut. */
  readonly text: string | undefined;
  readonly value: Value;
  /** Bytes of key and value. */
  readonly bytes: number;
}

/** Set on a span that lost content to fit the collector. */
export const ATTR_CATALYST_TRUNCATED = 'catalyst.truncated';

const MESSAGE_KEY = /^llm\.input_messages\.(\d+)\.(.*)$/s;
const MIN_TEXT_BYTES = 16;

interface Message<Value> {
  readonly index: number;
  readonly attributes: readonly CuttableAttribute<Value>[];
  readonly bytes: number;
  readonly isSystem: boolean;
}

function total(items: readonly { readonly bytes: number }[]): number {
  return items.reduce((sum, { bytes }) => sum + bytes, 0);
}

function groupMessages<Value>(attributes: readonly CuttableAttribute<Value>[]): Message<Value>[] {
  const byIndex = new Map<number, CuttableAttribute<Value>[]>();
  for (const attribute of attributes) {
    const index = Number(MESSAGE_KEY.exec(attribute.key)?.[1]);
    const group = byIndex.get(index);
    if (group === undefined) byIndex.set(index, [attribute]);
    else group.push(attribute);
  }
  return [...byIndex]
    .toSorted(([a], [b]) => a - b)
    .map(([index, group]) => ({
      index,
      attributes: group,
      bytes: total(group),
      isSystem: group.some(({ key, text }) => key.endsWith('.role') && text === 'system'),
    }));
}

/** Numbers messages from 0 again: readers stop at a gap. */
function renumber<Value>(messages: readonly Message<Value>[]): CuttableAttribute<Value>[] {
  return messages.flatMap((message, index) =>
    message.attributes.map((attribute) => {
      const rest = MESSAGE_KEY.exec(attribute.key)?.[2] ?? '';
      return { ...attribute, key: `llm.input_messages.${index}.${rest}` };
    }),
  );
}

/** Leaves out the oldest input messages; the newest and the system prompt in front stay. */
function dropMessages<Value>(
  attributes: readonly CuttableAttribute<Value>[],
  maxBytes: number,
): CuttableAttribute<Value>[] {
  const others = attributes.filter(({ key }) => !MESSAGE_KEY.test(key));
  const messages = groupMessages(attributes.filter(({ key }) => MESSAGE_KEY.test(key)));
  const kept = messages[0]?.isSystem === true ? messages.slice(0, 1) : [];
  const droppable = messages.slice(kept.length);
  let bytes = total(attributes);
  let first = 0;
  for (; first < droppable.length - 1 && bytes > maxBytes; first++) {
    bytes -= droppable[first]?.bytes ?? 0;
  }
  return [...renumber([...kept, ...droppable.slice(first)]), ...others];
}

/** Cuts texts to one length, the longest that fits. */
function cutTexts<Value>(
  attributes: readonly CuttableAttribute<Value>[],
  maxBytes: number,
): CuttableAttribute<Value>[] | undefined {
  let current = attributes;
  for (let limit = maxBytes; limit >= MIN_TEXT_BYTES; limit = Math.floor(limit / 2)) {
    if (total(current) <= maxBytes) return [...current];
    const most = limit;
    current = current.map((attribute) => {
      const { text } = attribute;
      const size = text === undefined ? 0 : Buffer.byteLength(text);
      if (text === undefined || size <= most) return attribute;
      const cut = cutText(text, most);
      return { ...attribute, text: cut, bytes: attribute.bytes - size + Buffer.byteLength(cut) };
    });
  }
  return total(current) <= maxBytes ? [...current] : undefined;
}

/**
 * Attributes that take at most about `maxBytes`: without the oldest input messages if that is
 * enough, then with texts cut. Undefined when that is not enough either.
 */
export function cutAttributes<Value>(
  attributes: readonly CuttableAttribute<Value>[],
  maxBytes: number,
): CuttableAttribute<Value>[] | undefined {
  if (total(attributes) <= maxBytes) return [...attributes];
  return cutTexts(dropMessages(attributes, maxBytes), maxBytes);
}
