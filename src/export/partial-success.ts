import { parseProtobufFields } from './protobuf-reader.js';

/** What a collector that accepted a request says about the part that it did not take. */
export interface PartialSuccess {
  readonly rejectedSpans: number;
  /** Empty when it says nothing. */
  readonly message: string;
}

const NOTHING: PartialSuccess = { rejectedSpans: 0, message: '' };

function text(payload: Uint8Array | undefined): string {
  return payload === undefined ? '' : Buffer.from(payload).toString('utf8');
}

function asCount(value: unknown): number {
  const count = typeof value === 'string' ? Number(value) : value;
  return typeof count === 'number' && Number.isSafeInteger(count) && count > 0 ? count : 0;
}

/** `ExportTraceServiceResponse` (trace_service.proto): field 1 holds `rejected_spans` 1, `error_message` 2. */
function readProtobuf(body: Uint8Array): PartialSuccess {
  const partial = parseProtobufFields(body)?.find(({ number }) => number === 1)?.payload;
  const fields = partial === undefined ? [] : (parseProtobufFields(partial) ?? []);
  return {
    rejectedSpans: asCount(fields.find(({ number }) => number === 1)?.varint),
    message: text(fields.find(({ number }) => number === 2)?.payload),
  };
}

function readJson(body: Buffer): PartialSuccess {
  const json: unknown = JSON.parse(body.toString('utf8'));
  if (typeof json !== 'object' || json === null || !('partialSuccess' in json)) return NOTHING;
  const partial = json.partialSuccess;
  if (typeof partial !== 'object' || partial === null) return NOTHING;
  const message = 'errorMessage' in partial ? partial.errorMessage : '';
  return {
    rejectedSpans: 'rejectedSpans' in partial ? asCount(partial.rejectedSpans) : 0,
    message: typeof message === 'string' ? message : '',
  };
}

/** The `partialSuccess` of a 2xx answer; a body that is none means that everything was taken. */
export function readPartialSuccess(body: Buffer, contentType: string): PartialSuccess {
  if (body.length === 0) return NOTHING;
  if (contentType.includes('protobuf')) return readProtobuf(body);
  try {
    return readJson(body);
  } catch {
    return NOTHING;
  }
}

/** The message of a `google.rpc.Status` (field 2), which is how OTLP explains a refusal in protobuf. */
export function readStatusMessage(body: Uint8Array): string {
  const fields = parseProtobufFields(body) ?? [];
  return text(fields.find(({ number }) => number === 2)?.payload);
}
