/** A body of one or more OTLP export requests. */
export type OtlpBody = Uint8Array;

const JSON_START = '{"resourceSpans":[';
const JSON_END = ']}';

/** One request of several: in protobuf their bytes one after the other, in JSON one list. */
export function joinRequests(contentType: string, bodies: readonly OtlpBody[]): OtlpBody {
  if (contentType !== 'application/json') return Buffer.concat(bodies);
  const parts = bodies.map((body) => resourceSpansOf(body).map((spans) => JSON.stringify(spans)));
  return Buffer.from(`${JSON_START}${parts.flat().join(',')}${JSON_END}`);
}

/** The parts of a request that each are a request: one for each of its `resourceSpans`. */
export function splitRequest(contentType: string, body: OtlpBody): readonly OtlpBody[] {
  if (contentType !== 'application/json') return splitProtobuf(body);
  return resourceSpansOf(body).map((spans) =>
    Buffer.from(`${JSON_START}${JSON.stringify(spans)}${JSON_END}`),
  );
}

function resourceSpansOf(body: OtlpBody): readonly unknown[] {
  const json: unknown = JSON.parse(Buffer.from(body).toString('utf8'));
  const list = typeof json === 'object' && json !== null ? Reflect.get(json, 'resourceSpans') : [];
  return Array.isArray(list) ? list : [];
}

/** The fields of the outermost message, of which `resourceSpans` is the only one. */
function splitProtobuf(body: OtlpBody): readonly OtlpBody[] {
  const parts: OtlpBody[] = [];
  for (let start = 0; start < body.length;) {
    let at = start + 1;
    let length = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = body[at++];
      if (byte === undefined) return [body]; // No request of ours.
      length += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    const end = at + length;
    if (end > body.length) return [body];
    parts.push(body.subarray(start, end));
    start = end;
  }
  return parts;
}
