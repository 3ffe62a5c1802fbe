import { gunzipSync } from 'node:zlib';

/** How many spans an OTLP trace request holds, protobuf or JSON, gzip or not. */
export function countSpans(
  body: Buffer,
  contentType: string,
  encoding: string | undefined,
): number {
  const plain = encoding === 'gzip' ? gunzipSync(body) : body;
  return contentType.includes('json') ? countJson(plain.toString()) : countProtobuf(plain);
}

interface JsonRequest {
  readonly resourceSpans?: readonly {
    readonly scopeSpans?: readonly { readonly spans?: readonly unknown[] }[];
  }[];
}

function countJson(text: string): number {
  const request = JSON.parse(text) as JsonRequest;
  let count = 0;
  for (const resource of request.resourceSpans ?? []) {
    for (const scope of resource.scopeSpans ?? []) count += scope.spans?.length ?? 0;
  }
  return count;
}

/** request.resource_spans (1) → scope_spans (2) → spans (2); everything else is skipped over. */
function countProtobuf(bytes: Buffer): number {
  let count = 0;
  for (const resource of fieldsOf(bytes, 1)) {
    for (const scope of fieldsOf(resource, 2)) {
      for (const _span of fieldsOf(scope, 2)) count += 1;
    }
  }
  return count;
}

/** The length-delimited fields of a protobuf message that have this number. */
export function* fieldsOf(message: Buffer, wanted: number): Generator<Buffer> {
  let at = 0;
  const readVarint = (): number => {
    let value = 0;
    let factor = 1;
    for (;;) {
      const byte = message[at++];
      if (byte === undefined) throw new RangeError('truncated protobuf');
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
  };
  while (at < message.length) {
    const tag = readVarint();
    const wireType = tag & 7;
    if (wireType === 0) readVarint();
    else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else if (wireType === 2) {
      const end = readVarint() + at;
      if (end > message.length) throw new RangeError('truncated protobuf');
      if (tag >>> 3 === wanted) yield message.subarray(at, end);
      at = end;
    } else throw new RangeError(`protobuf wire type ${String(wireType)}`);
  }
}
