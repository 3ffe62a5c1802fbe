import type { MimeType } from '@arizeai/openinference-semantic-conventions';
import type { Attributes } from '@opentelemetry/api';

export type JsonRecord = Readonly<Record<string, unknown>>;

export function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asRecord(value: unknown): JsonRecord | undefined {
  return isRecord(value) ? value : undefined;
}

export function recordIn(value: unknown): JsonRecord {
  return isRecord(value) ? value : {};
}

export function asText(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function asFiniteNumber(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** The first text under these keys, so that one reader serves every LiveKit version. */
export function readText(attributes: Attributes, keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const text = asText(attributes[key]);
    if (text !== undefined) return text;
  }
  return undefined;
}

export function readNumber(attributes: Attributes, keys: readonly string[]): number | undefined {
  for (const key of keys) {
    const value = asFiniteNumber(attributes[key]);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Parses JSON text; `undefined` for anything that is not a string or does not parse. */
export function parseJson(value: unknown): unknown {
  if (typeof value !== 'string') return undefined;
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}

export function parseJsonArray(value: unknown): readonly unknown[] | undefined {
  const parsed = parseJson(value);
  return Array.isArray(parsed) ? parsed : undefined;
}

export function parseJsonRecord(value: unknown): JsonRecord | undefined {
  return asRecord(parseJson(value));
}

/** Text as it is, anything else as JSON, `null` too: it is what a tool answers that finds nothing. */
export function asJsonText(value: unknown): string | undefined {
  return typeof value === 'string' || value === undefined ? value : JSON.stringify(value);
}

/** A value that may be JSON text. */
export interface SerializedValue {
  readonly text: string;
  readonly mimeType: `${MimeType}`;
}
