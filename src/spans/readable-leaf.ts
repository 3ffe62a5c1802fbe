import { types } from 'node:util';

/** Stands for what throws when it is read. */
export const UNREADABLE = '[unreadable]';

/** What a read gives, or that it throws. */
export function attempt(read: () => unknown): unknown {
  try {
    return read();
  } catch {
    return UNREADABLE;
  }
}

/** The text of values that are neither fields nor lists; `undefined` for all others. */
export function describeLeaf(value: object, maxLength: number): string | undefined {
  if (types.isDate(value)) {
    return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  }
  if (types.isRegExp(value)) return String(value);
  if (types.isAnyArrayBuffer(value)) return describeBytes(new Uint8Array(value), maxLength);
  if (types.isUint8Array(value)) return describeBytes(value, maxLength);
  if (value instanceof DataView) return `[DataView: ${value.byteLength} bytes]`;
  return undefined;
}

/** A function by its name. */
export function describeFunction(value: unknown): string {
  const name = attempt(() => (typeof value === 'function' ? value.name : undefined));
  return typeof name === 'string' && name !== '' ? `[Function: ${name}]` : '[Function]';
}

/** The class of an object that shows no fields, such as a promise; `undefined` for a plain one. */
export function classNameOf(value: object): string | undefined {
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
