import { writeAttributes } from './protobuf-attributes.js';
import { ProtobufWriter } from './protobuf-writer.js';
import { groupByScope } from './scope-groups.js';
import type { EncodedResource } from './span-encoder.js';
import type { EncodedSpan, ScopeRecord } from './span-record.js';
import { putVarint, varintBytes } from './varint.js';

// Tag bytes by trace_service.proto, trace.proto, resource.proto and common.proto.
const RESOURCE_SPANS = 0x0a;
const RESOURCE = 0x0a;
const RESOURCE_ATTRIBUTE = 0x0a;
const SCOPE_SPANS = 0x12;
const RESOURCE_SCHEMA_URL = 0x1a;
const SCOPE = 0x0a;
const SCOPE_NAME = 0x0a;
const SCOPE_VERSION = 0x12;

/** A tag byte and the longest varint that a request of this life can need. */
const HEADER_BYTES = 10;

/** Puts export requests together around spans that are already encoded. */
export interface RequestFrame {
  frame(spans: readonly EncodedSpan[]): Uint8Array[];
  /** Bytes at most beside scopes and spans. */
  readonly requestOverheadBytes: number;
  scopeOverheadBytes(scope: ScopeRecord): number;
}

function header(tag: number, length: number): Uint8Array {
  const bytes = new Uint8Array(1 + varintBytes(length));
  bytes[0] = tag;
  putVarint(bytes, 1, length);
  return bytes;
}

function encodeResource(resource: EncodedResource): Uint8Array {
  const writer = new ProtobufWriter();
  const mark = writer.open(RESOURCE);
  writeAttributes(writer, RESOURCE_ATTRIBUTE, resource.attributes);
  writer.close(mark);
  if (resource.schemaUrl !== undefined && resource.schemaUrl !== '') {
    writer.string(RESOURCE_SCHEMA_URL, resource.schemaUrl);
  }
  return writer.copyFrom(0);
}

function totalBytes(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** Frames requests for this resource, which is encoded once, here. */
export function createProtobufFrame(resource: EncodedResource): RequestFrame {
  const resourceBytes = encodeResource(resource);
  const scopeWriter = new ProtobufWriter();
  const encodedScopes = new WeakMap<ScopeRecord, Uint8Array>();

  function encodeScope(scope: ScopeRecord): Uint8Array {
    const known = encodedScopes.get(scope);
    if (known !== undefined) return known;
    const mark = scopeWriter.open(SCOPE);
    scopeWriter.string(SCOPE_NAME, scope.name);
    if (scope.version !== undefined) scopeWriter.string(SCOPE_VERSION, scope.version);
    scopeWriter.close(mark);
    const bytes = scopeWriter.copyFrom(0);
    scopeWriter.rewind(0);
    encodedScopes.set(scope, bytes);
    return bytes;
  }

  return {
    frame(spans) {
      const pieces: Uint8Array[] = [];
      for (const group of groupByScope(spans)) {
        const scope = encodeScope(group.scope);
        const length = scope.length + totalBytes(group.bytes);
        pieces.push(header(SCOPE_SPANS, length), scope, ...group.bytes);
      }
      const length = resourceBytes.length + totalBytes(pieces);
      return [header(RESOURCE_SPANS, length), resourceBytes, ...pieces];
    },
    requestOverheadBytes: HEADER_BYTES + resourceBytes.length,
    scopeOverheadBytes: (scope) => HEADER_BYTES + encodeScope(scope).length,
  };
}
