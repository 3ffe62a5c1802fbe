import { types } from 'node:util';
import { MimeType } from '@arizeai/openinference-semantic-conventions';
import type { AttributeValue, Exception } from '@opentelemetry/api';
import { isRecord, parseJsonRecord, type JsonRecord } from '../mapping/read-attributes.js';

/** In place of what throws when it is read. */
const UNREADABLE = '[unreadable]';

/** A value as an attribute has it. */
export interface SerializedValue {
  readonly text: string;
  readonly mimeType: `${MimeType}`;
}

/**
 * Writes any value as text: a string as it is (`text/plain`), everything else as JSON
 * (`application/json`). `undefined` for `null` and `undefined`, which say nothing.
 *
 * Never throws; what JSON cannot say becomes readable text within it.
 */
export function serializeValue(value: unknown): SerializedValue | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return { text: value, mimeType: MimeType.TEXT };
  return { text: JSON.stringify(toJsonTree(value)) ?? 'null', mimeType: MimeType.JSON };
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
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') {
    return value;
  }
  if (typeof value === 'bigint') return String(value);
  return asAttributeList(value) ?? serializeValue(value)?.text;
}

function asAttributeList(value: unknown): AttributeValue | undefined {
  if (!Array.isArray(value)) return undefined;
  const items: readonly unknown[] = value;
  if (items.every((item) => typeof item === 'string')) return [...items];
  if (items.every((item) => typeof item === 'number')) return [...items];
  if (items.every((item) => typeof item === 'boolean')) return [...items];
  return undefined;
}

/** What was thrown, for the `exception` event and the status. */
export interface SpanException {
  readonly event: Exception;
  readonly message: string;
}

/**
 * Reads anything that can be thrown. The type is the error's class and never its `code`, which
 * OpenTelemetry would prefer and backends would group by.
 */
export function describeException(thrown: unknown): SpanException {
  try {
    return readException(thrown);
  } catch {
    return { event: { message: UNREADABLE }, message: UNREADABLE };
  }
}

function readException(thrown: unknown): SpanException {
  if (!isRecord(thrown) || typeof thrown['message'] !== 'string') {
    const message = serializeValue(thrown)?.text ?? String(thrown);
    return { event: { message }, message };
  }
  const { message, stack } = thrown;
  const name = nameOf(thrown);
  return {
    event: {
      message,
      ...(name !== undefined && { name }),
      ...(typeof stack === 'string' && { stack }),
    },
    message,
  };
}

/** A subclass that doesn't set its `name` is named by its constructor. */
function nameOf(error: Readonly<Record<string, unknown>>): string | undefined {
  const { name, constructor } = error;
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
function toJsonTree(value: unknown): unknown {
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

/** A proxy may throw at any touch: what cannot be read is marked as such. */
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
  return types.isNativeError(value) ? describeError(value, walk) : describeFields(value, walk);
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

/** What a read returns, or that it throws. */
function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return UNREADABLE;
  }
}

/** The text of values that are neither fields nor lists; `undefined` for all others. */
function describeLeaf(value: object, maxLength: number): string | undefined {
  if (types.isDate(value)) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  }
  if (types.isRegExp(value)) return String(value);
  if (types.isAnyArrayBuffer(value)) return describeBytes(new Uint8Array(value), maxLength);
  if (types.isUint8Array(value)) return describeBytes(value, maxLength);
  if (types.isDataView(value)) return `[DataView: ${value.byteLength} bytes]`;
  return undefined;
}

/** A function by its name. */
function describeFunction(value: unknown): string {
  const name = attempt(() => (typeof value === 'function' ? value.name : undefined));
  return typeof name === 'string' && name !== '' ? `[Function: ${name}]` : '[Function]';
}

/** The class of an object that shows no fields, such as a promise; `undefined` for a plain one. */
function classNameOf(value: object): string | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return undefined;
  const name: unknown = value.constructor.name;
  return typeof name === 'string' && name !== '' ? name : undefined;
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
