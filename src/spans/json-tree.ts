import { types } from 'node:util';
import {
  attempt,
  classNameOf,
  describeFunction,
  describeLeaf,
  UNREADABLE,
} from './readable-leaf.js';

/**
 * Characters a value may come to. The tree is cut there, so that a value of any size costs a bounded
 * time where it is recorded.
 */
const MAX_LENGTH = 1_000_000;
const MAX_DEPTH = 40;
/** What every value is charged: a number, a brace or a comma costs something, too. */
const VALUE_COST = 4;
const CIRCULAR = '[Circular]';
const MORE = '…';

interface Walk {
  remaining: number;
  readonly above: unknown[];
}

/**
 * A copy of any value that `JSON.stringify` writes without loss or surprise. What JSON cannot say
 * becomes readable text: a cycle, a function, a symbol, a BigInt, `NaN`, a getter that throws. What
 * is too deep or too long ends with `…`.
 *
 * Never throws.
 */
export function toJsonTree(value: unknown): unknown {
  return visit(value, { remaining: MAX_LENGTH, above: [] });
}

function visit(value: unknown, walk: Walk): unknown {
  walk.remaining -= VALUE_COST;
  switch (typeof value) {
    case 'object':
      return value === null ? null : visitObject(value, walk);
    case 'string':
      return cutText(value, walk);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'bigint':
    case 'symbol':
      return cutText(String(value), walk);
    case 'function':
      return cutText(describeFunction(value), walk);
    default:
      return value;
  }
}

/** A proxy may throw at any touch: what cannot be read is said to be so. */
function visitObject(value: object, walk: Walk): unknown {
  if (walk.above.includes(value)) return CIRCULAR;
  if (walk.above.length >= MAX_DEPTH) return MORE;
  walk.above.push(value);
  try {
    return describe(value, walk);
  } catch {
    return UNREADABLE;
  } finally {
    walk.above.pop();
  }
}

function describe(value: object, walk: Walk): unknown {
  if (Array.isArray(value)) return visitList(value.length, (index) => value[index], walk);
  const text = describeLeaf(value, walk.remaining);
  if (text !== undefined) return cutText(text, walk);
  if (types.isMap(value)) return describeMap(value, walk);
  if (types.isSet(value)) return visitIterable(value.values(), value.size, walk);
  if (types.isTypedArray(value)) return visitList(value.length, (index) => value[index], walk);
  if (types.isBoxedPrimitive(value)) return visit(value.valueOf(), walk);
  const json = ownJson(value);
  if (json !== undefined) return visit(json.value, walk);
  return value instanceof Error ? describeError(value, walk) : describeFields(value, walk);
}

/** What the object's own `toJSON` says, unless that throws or says nothing new. */
function ownJson(value: object): { readonly value: unknown } | undefined {
  try {
    if (!('toJSON' in value) || typeof value.toJSON !== 'function') return undefined;
    const json: unknown = value.toJSON('');
    return json === value || json === undefined ? undefined : { value: json };
  } catch {
    return undefined;
  }
}

function describeFields(value: object, walk: Walk): unknown {
  const keys = Object.keys(value);
  if (keys.length > 0) return visitFields(keys, (key) => Reflect.get(value, key), walk);
  const name = classNameOf(value);
  return name === undefined ? {} : cutText(`[${name}]`, walk);
}

/** Without the stack, which is long and says where, not what. */
function describeError(error: Error, walk: Walk): unknown {
  const known = ['name', 'message', ...('cause' in error ? ['cause'] : [])];
  const more = Object.keys(error).filter((key) => !known.includes(key) && key !== 'stack');
  return visitFields([...known, ...more], (key) => Reflect.get(error, key), walk);
}

/** An object where every key is text or a number, a list of pairs elsewhere. */
function describeMap(map: ReadonlyMap<unknown, unknown>, walk: Walk): unknown {
  const byText = new Map<string, unknown>();
  for (const [key, value] of map) {
    if (typeof key !== 'string' && typeof key !== 'number') break;
    byText.set(String(key), value);
  }
  return byText.size === map.size
    ? visitFields([...byText.keys()], (key) => byText.get(key), walk)
    : visitIterable(map.entries(), map.size, walk);
}

function visitIterable(values: Iterator<unknown>, size: number, walk: Walk): unknown[] {
  return visitList(size, () => values.next().value, walk);
}

function visitList(length: number, at: (index: number) => unknown, walk: Walk): unknown[] {
  const items: unknown[] = [];
  for (let index = 0; index < length; index += 1) {
    if (walk.remaining <= 0) {
      items.push(`${MORE} ${length - index} more`);
      break;
    }
    const item = visit(
      attempt(() => at(index)),
      walk,
    );
    items.push(item ?? null);
  }
  return items;
}

function visitFields(
  keys: readonly string[],
  valueOf: (key: string) => unknown,
  walk: Walk,
): unknown {
  // No prototype: a field may be called `__proto__`.
  const fields: Record<string, unknown> = Object.assign(Object.create(null));
  for (const [index, key] of keys.entries()) {
    if (walk.remaining <= 0) {
      fields[MORE] = `${keys.length - index} more`;
      break;
    }
    walk.remaining -= key.length;
    fields[key] = visit(
      attempt(() => valueOf(key)),
      walk,
    );
  }
  return fields;
}

function cutText(text: string, walk: Walk): string {
  const room = Math.max(0, walk.remaining);
  walk.remaining -= text.length;
  return text.length <= room ? text : `${text.slice(0, room)}${MORE}`;
}
