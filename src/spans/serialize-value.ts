import { MimeType } from '@arizeai/openinference-semantic-conventions';
import type { AttributeValue } from '@opentelemetry/api';
import { isRecord, parseJsonRecord, type JsonRecord } from '../mapping/read-attributes.js';
import { toJsonTree } from './json-tree.js';

/** A value as an attribute holds it. */
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
