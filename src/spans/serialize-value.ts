import { types } from 'node:util';
import { MimeType } from '@arizeai/openinference-semantic-conventions';
import type { AttributeValue } from '@opentelemetry/api';
import { isAttributeValue } from '@opentelemetry/core';
import {
  isRecord,
  parseJsonRecord,
  type JsonRecord,
  type SerializedValue,
} from '../mapping/read-attributes.js';

/** In place of what throws when it is read. */
const UNREADABLE = '[unreadable]';

/**
 * Writes any value as text: a string as it is (`text/plain`), everything else as JSON
 * (`application/json`). `undefined` for `null` and `undefined`, which say nothing.
 *
 * Never throws; what JSON cannot say becomes readable text within it.
 */
export function serializeValue(value: unknown): SerializedValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return { text: value, mimeType: MimeType.TEXT };
  const tree = visit(value, { remaining: MAX_LENGTH, above: [] });
  return { text: JSON.stringify(tree) ?? 'null', mimeType: MimeType.JSON };
}

/** A copy of an object that is safe to write as JSON at any time; `undefined` for anything else. */
export function asJsonRecord(value: unknown): JsonRecord | undefined {
  return isRecord(value) ? parseJsonRecord(serializeValue(value)?.text) : undefined;
}

/**
 * A value as OpenTelemetry takes it: text, numbers, booleans and lists of one of these as they are,
 * everything else as JSON text. `undefined` for `null` and `undefined`.
 */
export function asAttributeValue(value: unknown): AttributeValue | undefined {
  if (typeof value === 'bigint') return String(value);
  if (Array.isArray(value)) {
    // OpenTelemetry allows gaps in a list; few backends do.
    const hasGaps = value.includes(undefined) || value.includes(null);
    if (!hasGaps && isAttributeValue(value)) return value.slice();
  } else if (value !== null && value !== undefined && isAttributeValue(value)) return value;
  return serializeValue(value)?.text;
}

/** What was thrown, as an `exception` event takes it. */
export interface ThrownValue {
  readonly message: string;
  readonly name?: string;
  readonly stack?: string;
}

/**
 * Reads anything that can be thrown. The type is the error's class and never its `code`, which
 * OpenTelemetry would prefer and backends would group by.
 */
export function describeException(thrown: unknown): ThrownValue {
  try {
    if (!isRecord(thrown) || typeof thrown['message'] !== 'string') {
      return { message: serializeValue(thrown)?.text ?? String(thrown) };
    }
    const { message, stack } = thrown;
    const name = nameOf(thrown);
    return {
      message,
      ...(name !== undefined && { name }),
      ...(typeof stack === 'string' && { stack }),
    };
  } catch {
    return { message: UNREADABLE };
  }
}

/** A subclass that doesn't set its `name` is named by its constructor. */
function nameOf({ name, constructor }: JsonRecord): string | undefined {
  if (typeof name === 'string' && name !== '' && name !== 'Error') return name;
  return typeof constructor === 'function' && constructor.name !== 'Object'
    ? constructor.name
    : undefined;
}

/**
 * Characters a value may come to. The tree is cut there, so that a value of any size costs a bounded
 * time where it is recorded.
 */
const MAX_LENGTH = 1_000_000;
const MAX_DEPTH = 40;
/** What every value is charged: a number, a brace or a comma costs something, too. */
const VALUE_COST = 4;
const MORE = '…';

interface Walk {
  remaining: number;
  readonly above: unknown[];
}

/**
 * A copy of any value that `JSON.stringify` writes without loss or surprise. What JSON cannot say
 * becomes readable text: a cycle, a function, a symbol, a BigInt, `NaN`, a getter or a proxy that
 * throws. What is too deep or too long ends with `…`. Never throws.
 */
function visit(value: unknown, walk: Walk): unknown {
  walk.remaining -= VALUE_COST;
  if (typeof value === 'string') return cutText(value, walk);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'bigint' || typeof value === 'symbol') return cutText(String(value), walk);
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return value;
  if (walk.above.includes(value)) return '[Circular]';
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
  if (Array.isArray(value)) return visitItems(value, value.length, walk);
  const prototype: unknown = Object.getPrototypeOf(value);
  const isPlain = prototype === null || prototype === Object.prototype;
  if (!isPlain) {
    const text = describeLeaf(value, walk.remaining);
    if (text !== undefined) return cutText(text, walk);
    if (types.isMap(value)) return describeMap(value, walk);
    if (types.isSet(value)) return visitItems(value, value.size, walk);
    if (types.isTypedArray(value)) return visitItems(value, value.length, walk);
    if (types.isBoxedPrimitive(value)) return visit(value.valueOf(), walk);
  }
  const json = ownJson(value);
  if (json !== undefined) return visit(json, walk);
  const keys = Object.keys(value);
  if (types.isNativeError(value)) {
    // Without the stack, which is long and says where, not what.
    const known = ['name', 'message', ...('cause' in value ? ['cause'] : [])];
    const others = keys.filter((key) => !known.includes(key) && key !== 'stack');
    return visitFields(value, [...known, ...others], walk);
  }
  // An object that shows no fields, such as a promise, is named by its class.
  const name: unknown = isPlain || keys.length > 0 ? '' : value.constructor.name;
  return typeof name === 'string' && name !== ''
    ? cutText(`[${name}]`, walk)
    : visitFields(value, keys, walk);
}

/** What the object's own `toJSON` says; `undefined` when it throws or says nothing new. */
function ownJson(value: object): unknown {
  try {
    if (!('toJSON' in value) || typeof value.toJSON !== 'function') return undefined;
    const json: unknown = value.toJSON('');
    return json === value ? undefined : json;
  } catch {
    return undefined;
  }
}

/** An object where every key is text or a number, a list of pairs elsewhere. */
function describeMap(map: ReadonlyMap<unknown, unknown>, walk: Walk): unknown {
  const areTexts = [...map.keys()].every((key) => ['string', 'number'].includes(typeof key));
  const fields: object = areTexts ? Object.fromEntries(map) : {};
  const keys = Object.keys(fields);
  return keys.length === map.size
    ? visitFields(fields, keys, walk)
    : visitItems(map, map.size, walk);
}

function visitItems(items: Iterable<unknown>, size: number, walk: Walk): unknown[] {
  const seen: unknown[] = [];
  for (const item of items) {
    if (walk.remaining <= 0) {
      seen.push(`${MORE} ${size - seen.length} more`);
      break;
    }
    seen.push(visit(item, walk) ?? null);
  }
  return seen;
}

function visitFields(object: object, keys: readonly string[], walk: Walk): unknown {
  // No prototype: a field may be called `__proto__`.
  const fields: Record<string, unknown> = Object.assign(Object.create(null));
  for (const [index, key] of keys.entries()) {
    if (walk.remaining <= 0) {
      fields[MORE] = `${keys.length - index} more`;
      break;
    }
    walk.remaining -= key.length;
    let field: unknown = UNREADABLE;
    try {
      field = Reflect.get(object, key);
    } catch {
      // A getter that throws.
    }
    fields[key] = visit(field, walk);
  }
  return fields;
}

function cutText(text: string, walk: Walk): string {
  const room = Math.max(0, walk.remaining);
  walk.remaining -= text.length;
  return text.length <= room ? text : `${text.slice(0, room)}${MORE}`;
}

/** The text of values that are neither fields nor lists; `undefined` for all others. */
function describeLeaf(value: object, maxLength: number): string | undefined {
  if (typeof value === 'function') return value.name ? `[Function: ${value.name}]` : '[Function]';
  if (types.isDate(value)) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  }
  if (types.isRegExp(value)) return String(value);
  if (types.isAnyArrayBuffer(value)) return describeBytes(new Uint8Array(value), maxLength);
  if (types.isUint8Array(value)) return describeBytes(value, maxLength);
  return types.isDataView(value) ? `[DataView: ${value.byteLength} bytes]` : undefined;
}

/** Bytes are most often text that nobody has decoded: the output of a process, the body of an answer. */
function describeBytes(bytes: Uint8Array, maxLength: number): string {
  const size = `[${bytes.byteLength} bytes]`;
  if (bytes.byteLength > maxLength) return size;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // A control character that no text has: this is something else that happens to decode.
    return /[^\P{Cc}\t\r\n]/u.test(text) ? size : text;
  } catch {
    return size;
  }
}
