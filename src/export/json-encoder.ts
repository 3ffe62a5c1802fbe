import { toUSVString } from 'node:util';
import { jsonAttributes, jsonKeyValue, type JsonKeyValue } from './json-attributes.js';
import { cutJsonSpan } from './json-cut.js';
import { jsonSpan } from './json-span.js';
import { groupByScope } from './scope-groups.js';
import type { EncodedResource, SpanEncoder } from './span-encoder.js';
import type { ScopeRecord } from './span-record.js';

const SCOPE_END = Buffer.from(']}');
const REQUEST_END = Buffer.from(']}]}');
const COMMA = Buffer.from(',');

/** `{"resourceSpans":[{"resource":…,"schemaUrl":…,"scopeSpans":[`, which every request starts with. */
function requestStart(resource: EncodedResource): Uint8Array {
  const head = JSON.stringify({
    resource: { attributes: jsonAttributes(resource.attributes) },
    schemaUrl: resource.schemaUrl === undefined ? undefined : toUSVString(resource.schemaUrl),
  });
  return Buffer.from(`{"resourceSpans":[${head.slice(0, -1)},"scopeSpans":[`);
}

function scopeStart({ name, version }: ScopeRecord): Uint8Array {
  const scope = JSON.stringify({
    name: toUSVString(name),
    version: version === undefined ? undefined : toUSVString(version),
  });
  return Buffer.from(`{"scope":${scope},"spans":[`);
}

/** Without the comma that every span starts with. */
function first(span: Uint8Array): Uint8Array {
  return span.subarray(COMMA.length);
}

/** Encodes to `application/json` by OTLP's JSON mapping: hex ids, 64-bit integers as strings. */
export function createJsonEncoder(resource: EncodedResource): SpanEncoder {
  const start = requestStart(resource);

  return {
    contentType: 'application/json',
    encodeSpan(record, writeAttributes) {
      const attributes: JsonKeyValue[] = [];
      writeAttributes({
        put: (key, value) => {
          attributes.push(jsonKeyValue(key, value));
        },
      });
      return Buffer.from(`,${JSON.stringify(jsonSpan(record, attributes))}`);
    },
    cutSpan: cutJsonSpan,
    frameRequest(spans) {
      const pieces: Uint8Array[] = [start];
      for (const group of groupByScope(spans)) {
        if (pieces.length > 1) pieces.push(COMMA);
        const [head, ...rest] = group.bytes;
        pieces.push(scopeStart(group.scope), first(head), ...rest, SCOPE_END);
      }
      pieces.push(REQUEST_END);
      return pieces;
    },
    requestOverheadBytes: start.length + REQUEST_END.length,
    scopeOverheadBytes: (scope) => scopeStart(scope).length + SCOPE_END.length + COMMA.length,
  };
}
