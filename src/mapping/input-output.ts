import { MimeType, SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { SpanMapping } from './span-mapping.js';

type ValueMimeType = `${MimeType}`;

/** Puts `input.value` with its mime type. */
export function putInput(
  mapping: SpanMapping,
  value: string | undefined,
  mimeType: ValueMimeType = MimeType.TEXT,
): void {
  if (value === undefined) return;
  mapping.put(S.INPUT_VALUE, value);
  mapping.put(S.INPUT_MIME_TYPE, mimeType);
}

/** Puts `output.value` with its mime type. */
export function putOutput(
  mapping: SpanMapping,
  value: string | undefined,
  mimeType: ValueMimeType = MimeType.TEXT,
): void {
  if (value === undefined) return;
  mapping.put(S.OUTPUT_VALUE, value);
  mapping.put(S.OUTPUT_MIME_TYPE, mimeType);
}

/** A value as LiveKit serialised it: JSON text, in which plain text stands quoted. */
export interface SerializedValue {
  readonly text: string;
  readonly mimeType: ValueMimeType;
}

/** Takes the quotes off plain text and tells JSON from text. */
export function readSerialized(value: string): SerializedValue {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return { text: value, mimeType: MimeType.TEXT };
  }
  return typeof parsed === 'string'
    ? { text: parsed, mimeType: MimeType.TEXT }
    : { text: value, mimeType: MimeType.JSON };
}
