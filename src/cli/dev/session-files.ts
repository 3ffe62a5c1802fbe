import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DecodedAttributes,
  decodeTraces,
  type DecodedSpan,
  type DecodedValue,
  JSON_TYPE,
} from '../otlp/decode.js';
import type { SessionStore } from './session-store.js';

// The format of OpenTelemetry's file exporter: a request in OTLP/JSON on each line. A file that was
// cut by a crash loses its last line.
// https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/

const EXTENSION = '.jsonl';

/** Fills the store from a directory and appends to it what arrives from now on, a file per session. */
export function keepSessions(
  store: SessionStore,
  directory: string,
  onError: (file: string, error: unknown) => void,
): void {
  mkdirSync(directory, { recursive: true });
  loadSessions(store, directory, onError);
  store.listen(({ session, added }) => {
    const file = join(directory, fileNameOf(session.id));
    try {
      appendFileSync(file, `${encodeTraces(added)}\n`);
    } catch (error) {
      onError(file, error);
    }
  });
}

/** Reads all session files of a directory, the oldest first; one that cannot be read is reported. */
export function loadSessions(
  store: SessionStore,
  directory: string,
  onError: (file: string, error: unknown) => void,
): void {
  const files = readdirSync(directory)
    .filter((name) => name.endsWith(EXTENSION))
    .map((name) => join(directory, name));
  const byAge = files.toSorted((a, b) => statSync(a).mtimeMs - statSync(b).mtimeMs);
  for (const file of byAge) {
    try {
      const text = readFileSync(file, 'utf8');
      store.add(parseSessionFile(text), text.length, 0);
    } catch (error) {
      onError(file, error);
    }
  }
}

/** The spans of a file: one request in OTLP/JSON, or one on each line. Throws on a file without any. */
export function parseSessionFile(text: string): readonly DecodedSpan[] {
  try {
    return decodeTraces(Buffer.from(text), JSON_TYPE);
  } catch {
    const spans = text.split('\n').flatMap((line) => {
      try {
        return decodeTraces(Buffer.from(line), JSON_TYPE);
      } catch {
        return [];
      }
    });
    if (spans.length === 0) throw new Error('no spans in OTLP/JSON');
    return spans;
  }
}

/** Ids are of strangers: of anything but letters, digits, `_` and `-` a file name has their code. */
export function fileNameOf(sessionId: string): string {
  const name = sessionId.replace(
    /[^\w-]/g,
    (character) => `%${character.charCodeAt(0).toString(16)}`,
  );
  return `${name.slice(0, 150)}${EXTENSION}`;
}

/**
 * Spans as an `ExportTraceServiceRequest` in OTLP/JSON, on one line. By hand, because the stock
 * serializer takes spans of the SDK. Bytes of an attribute come out as the base64 text they were
 * decoded to.
 */
export function encodeTraces(spans: readonly DecodedSpan[]): string {
  return JSON.stringify({ resourceSpans: spans.map(encodeSpan) });
}

function encodeSpan(span: DecodedSpan): object {
  return {
    resource: { attributes: encodeAttributes(span.resourceAttributes) },
    schemaUrl: span.resourceSchemaUrl,
    scopeSpans: [
      {
        scope: { name: span.scopeName, version: span.scopeVersion },
        spans: [
          {
            traceId: span.traceId,
            spanId: span.spanId,
            parentSpanId: span.parentSpanId,
            traceState: span.traceState,
            flags: span.flags,
            name: span.name,
            kind: span.kind,
            startTimeUnixNano: String(span.startNanos),
            endTimeUnixNano: String(span.endNanos),
            attributes: encodeAttributes(span.attributes),
            droppedAttributesCount: span.droppedAttributesCount,
            events: span.events.map(({ timeNanos, attributes, ...event }) => ({
              ...event,
              timeUnixNano: String(timeNanos),
              attributes: encodeAttributes(attributes),
            })),
            droppedEventsCount: span.droppedEventsCount,
            links: span.links.map(({ attributes, ...link }) => ({
              ...link,
              attributes: encodeAttributes(attributes),
            })),
            droppedLinksCount: span.droppedLinksCount,
            status: span.status,
          },
        ],
      },
    ],
  };
}

function encodeAttributes(attributes: DecodedAttributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: encodeValue(value) }));
}

function encodeValue(value: DecodedValue): object {
  if (value === null) return {};
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (Array.isArray(value)) return { arrayValue: { values: value.map(encodeValue) } };
  if (typeof value === 'object') return { kvlistValue: { values: encodeAttributes(value) } };
  if (Number.isSafeInteger(value)) return { intValue: String(value) };
  return { doubleValue: Number.isFinite(value) ? value : String(value) };
}
