import { appendFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { decodeTraces, type DecodedSpan, encodeTraces, JSON_TYPE } from '../otlp/decode.js';
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
  const whole = parseRequest(text);
  const spans = whole.length > 0 ? whole : text.split('\n').flatMap(parseRequest);
  if (spans.length === 0) throw new Error('no spans in OTLP/JSON');
  return spans;
}

function parseRequest(text: string): readonly DecodedSpan[] {
  try {
    return decodeTraces(Buffer.from(text), JSON_TYPE);
  } catch {
    return [];
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
