import {
  ATTR_CATALYST_TRUNCATED,
  cutAttributes,
  type CuttableAttribute,
} from './cut-attributes.js';
import { KEY as KEY_TAG } from './key-value-tags.js';
import { writeAttribute } from './protobuf-attributes.js';
import { parseProtobufFields, type ProtobufField } from './protobuf-reader.js';
import { ProtobufWriter } from './protobuf-writer.js';
import { writeStringPair } from './string-pair.js';

// Field numbers and tag bytes by trace.proto and common.proto.
const ATTRIBUTE = 9;
const ATTRIBUTE_TAG = 0x4a;
const DROPPED_ATTRIBUTES_COUNT = 10;
const DROPPED_ATTRIBUTES_COUNT_TAG = 0x50;
const EVENT = 11;
const DROPPED_EVENTS_COUNT = 12;
const DROPPED_EVENTS_COUNT_TAG = 0x60;
const KEY = 1;
const VALUE = 2;
const STRING_VALUE = 1;

/** Kept for the mark, counts and headers. */
const MARGIN_BYTES = 64;

function text(payload: Uint8Array): string {
  return Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('utf8');
}

/** `value` is the whole `value` field of the `KeyValue`. */
function readAttribute({ payload, bytes }: ProtobufField): CuttableAttribute<Uint8Array> {
  const fields = parseProtobufFields(payload ?? new Uint8Array()) ?? [];
  const key = fields.find(({ number }) => number === KEY)?.payload;
  const value = fields.find(({ number }) => number === VALUE);
  const [any] = parseProtobufFields(value?.payload ?? new Uint8Array()) ?? [];
  const isText = any?.number === STRING_VALUE && any.payload !== undefined;
  return {
    key: key === undefined ? '' : text(key),
    text: isText && any.payload !== undefined ? text(any.payload) : undefined,
    value: value?.bytes ?? new Uint8Array(),
    bytes: bytes.length,
  };
}

function count(fields: readonly ProtobufField[], number: number): number {
  return fields.find((field) => field.number === number)?.varint ?? 0;
}

function size(fields: readonly ProtobufField[]): number {
  return fields.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

/** Cuts an encoded span, a `ScopeSpans.spans` field, to `maxBytes`; undefined when that can't be done. */
export function cutProtobufSpan(
  span: Uint8Array,
  maxBytes: number,
  spansTag: number,
  headerBytes: number,
): Uint8Array | undefined {
  const [wrapper] = parseProtobufFields(span) ?? [];
  const fields = parseProtobufFields(wrapper?.payload ?? new Uint8Array()) ?? [];
  const events = fields.filter(({ number }) => number === EVENT);
  const attributes = fields.filter(({ number }) => number === ATTRIBUTE).map(readAttribute);
  const rest = fields.filter(
    ({ number }) =>
      number !== ATTRIBUTE &&
      number !== DROPPED_ATTRIBUTES_COUNT &&
      number !== EVENT &&
      number !== DROPPED_EVENTS_COUNT,
  );
  const room = maxBytes - size(rest) - MARGIN_BYTES;
  // Events go whole, and only when they leave too little to the conversation.
  const keptEvents = size(events) > room / 2 ? [] : events;
  const kept = cutAttributes(attributes, room - size(keptEvents));
  if (kept === undefined) return undefined;

  const writer = new ProtobufWriter();
  writer.skip(headerBytes);
  const start = writer.position;
  for (const field of [...rest, ...keptEvents]) writer.raw(field.bytes);
  for (const attribute of kept) {
    if (attribute.text !== undefined) {
      writeStringPair(writer, ATTRIBUTE_TAG, attribute.key, attribute.text);
      continue;
    }
    const pair = writer.open(ATTRIBUTE_TAG);
    writer.string(KEY_TAG, attribute.key);
    writer.raw(attribute.value);
    writer.close(pair);
  }
  if (!kept.some(({ key }) => key === ATTR_CATALYST_TRUNCATED)) {
    writeAttribute(writer, ATTRIBUTE_TAG, ATTR_CATALYST_TRUNCATED, true);
  }
  writer.byte(DROPPED_ATTRIBUTES_COUNT_TAG);
  writer.varint(count(fields, DROPPED_ATTRIBUTES_COUNT) + attributes.length - kept.length);
  writer.byte(DROPPED_EVENTS_COUNT_TAG);
  writer.varint(count(fields, DROPPED_EVENTS_COUNT) + events.length - keptEvents.length);
  const cut = writer.copyMessageFrom(start, spansTag);
  return cut.length <= maxBytes ? cut : undefined;
}
