import {
  ATTR_CATALYST_TRUNCATED,
  cutAttributes,
  type CuttableAttribute,
} from './cut-attributes.js';
import { jsonKeyValue } from './json-attributes.js';

/** Kept for the mark, counts and commas. */
const MARGIN_BYTES = 128;

type JsonObject = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function asCount(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}

/** `value` is the `AnyValue` object. */
function readAttribute(pair: unknown): CuttableAttribute<unknown> {
  const { key, value } = isObject(pair) ? pair : { key: '', value: {} };
  const text = isObject(value) ? value['stringValue'] : undefined;
  return {
    key: typeof key === 'string' ? key : '',
    text: typeof text === 'string' ? text : undefined,
    value,
    bytes: jsonBytes(pair),
  };
}

function parseSpan(text: string): JsonObject | undefined {
  const span: unknown = JSON.parse(text);
  return isObject(span) ? span : undefined;
}

/** Cuts an encoded span, a comma and its JSON, to `maxBytes`; undefined when that can't be done. */
export function cutJsonSpan(encoded: Uint8Array, maxBytes: number): Uint8Array | undefined {
  const span = parseSpan(Buffer.from(encoded).toString('utf8').slice(1));
  if (span === undefined) return undefined;
  const attributes = asList(span['attributes']).map(readAttribute);
  const events = asList(span['events']);
  const room = maxBytes - jsonBytes({ ...span, attributes: [], events: [] }) - MARGIN_BYTES;
  const keptEvents = jsonBytes(events) > room / 2 ? [] : events;
  // Escapes make JSON longer than the text that was measured: less room until it fits.
  for (let share = room - jsonBytes(keptEvents); share > 0; share = Math.floor(share * 0.7)) {
    const kept = cutAttributes(attributes, share);
    if (kept === undefined) return undefined;
    const pairs = kept.map(({ key, text, value }) =>
      text === undefined ? { key, value } : jsonKeyValue(key, text),
    );
    const isMarked = kept.some(({ key }) => key === ATTR_CATALYST_TRUNCATED);
    const cut = Buffer.from(
      `,${JSON.stringify({
        ...span,
        attributes: isMarked ? pairs : [...pairs, jsonKeyValue(ATTR_CATALYST_TRUNCATED, true)],
        droppedAttributesCount:
          asCount(span['droppedAttributesCount']) + attributes.length - kept.length,
        events: keptEvents,
        droppedEventsCount: asCount(span['droppedEventsCount']) + events.length - keptEvents.length,
      })}`,
    );
    if (cut.length <= maxBytes) return cut;
  }
  return undefined;
}
