import { asPrintable } from '../diagnostics.js';

const MAX_SHOWN_LENGTH = 80;

/** Names the type of a value and shows nothing of it: for values that may be secret. */
export function describeType(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  const type = typeof value;
  return type === 'object' || type === 'undefined'
    ? `an ${type}`.replace('an u', 'u')
    : `a ${type}`;
}

/** Shows a value shortly in an error or a warning. Not for values that may be secret. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(asPrintable(value, MAX_SHOWN_LENGTH));
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      return describeType(value);
  }
}
