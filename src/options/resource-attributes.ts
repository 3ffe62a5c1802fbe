import type { AttributeValue, Attributes } from '@opentelemetry/api';
import { asPrintable } from '../diagnostics.js';
import { describeType, parseKeyValueList, type Reading } from './option-readers.js';

/** Reads attributes from code: of the resource, of every span. Values of `undefined` or `null` are left out. */
export function readAttributesOption(value: unknown): Reading<Attributes> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { problem: `must be an object of attributes; saw ${describeType(value)}` };
  }
  const attributes: [string, AttributeValue][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined || item === null) continue;
    if (!isAttributeValue(item)) {
      return {
        problem: `must have strings, numbers, booleans or arrays of one of them as values; "${asPrintable(key, 60)}" is ${describeType(item)}`,
      };
    }
    attributes.push([key, Array.isArray(item) ? item.slice() : item]);
  }
  return { value: Object.freeze(Object.fromEntries(attributes)) };
}

/**
 * Reads `OTEL_RESOURCE_ATTRIBUTES`. As the resource specification asks, one broken entry discards
 * the whole variable.
 */
export function readResourceEnv(text: string): Reading<Attributes> {
  const { pairs, unreadable } = parseKeyValueList(text);
  return unreadable > 0
    ? {
        problem:
          'must be a list such as "key=value,key=value" with "," and "=" percent-encoded in values',
      }
    : { value: Object.fromEntries(pairs) };
}

/** Makes a reader that takes one attribute, by the first of its names, from `OTEL_RESOURCE_ATTRIBUTES`. */
export function createResourceTextReader(
  ...keys: readonly string[]
): (text: string) => Reading<string> {
  return (text) => {
    const reading = readResourceEnv(text);
    if (reading === undefined || 'problem' in reading) return reading;
    for (const key of keys) {
      const value = reading.value[key];
      if (typeof value === 'string' && value.trim() !== '') return { value: value.trim() };
    }
    return undefined;
  };
}

/** Adds the attributes of a weaker source to those of a stronger one. */
export function mergeAttributes(stronger: Attributes, weaker: Attributes): Attributes {
  return { ...weaker, ...stronger };
}

function isAttributeValue(value: unknown): value is AttributeValue {
  if (!Array.isArray(value)) return isScalar(value);
  const items: readonly unknown[] = value;
  const types = new Set(
    items.filter((item) => item !== null && item !== undefined).map((item) => typeof item),
  );
  return (
    types.size <= 1 && items.every((item) => item === null || item === undefined || isScalar(item))
  );
}

function isScalar(value: unknown): value is string | number | boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
