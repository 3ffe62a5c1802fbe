/** Headers by lower-case name, without a prototype. Of a name that comes twice the first counts. */
export type AnswerHeaders = Readonly<Partial<Record<string, string>>>;

/** How the end of a body is known. */
export type Framing =
  | { readonly kind: 'length'; readonly bytes: number }
  | { readonly kind: 'chunked' }
  /** The server closes the connection. */
  | { readonly kind: 'close' };

/** What an answer says before its body. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: AnswerHeaders;
  readonly framing: Framing;
  /** Whether another request may follow on this connection. */
  readonly keepsAlive: boolean;
  /** Seconds of silence after which the server closes the connection, where it says so. */
  readonly keepAliveSeconds: number | undefined;
}

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/;
const HEADER_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/;
const NO_BODY: ReadonlySet<number> = new Set([204, 304]);

/**
 * Reads status line and headers (RFC 9112). `undefined` when that is no answer of HTTP/1.x, or one
 * whose end could be read in two ways: whoever gets it wrong takes a body for the next answer.
 */
export function readAnswerHead(text: string): AnswerHead | undefined {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const [, minor, statusText] = STATUS_LINE.exec(statusLine) ?? [];
  if (statusText === undefined) return undefined;
  const headers = readHeaders(lines);
  const status = Number(statusText);
  const framing = headers && framingOf(status, headers);
  if (framing === undefined || headers === undefined) return undefined;
  const connection = headers['connection']?.toLowerCase() ?? '';
  const staysOpen = minor === '1' ? !connection.includes('close') : /keep-alive/.test(connection);
  const seconds = /timeout=(\d+)/i.exec(headers['keep-alive'] ?? '')?.[1];
  return {
    status,
    headers,
    framing,
    keepsAlive: staysOpen && framing.kind !== 'close',
    keepAliveSeconds: seconds === undefined ? undefined : Number(seconds),
  };
}

/** A header that is folded over lines, or a name that is none, makes all of them unreadable. */
function readHeaders(lines: readonly string[]): Partial<Record<string, string>> | undefined {
  const headers: Partial<Record<string, string>> = Object.create(null);
  for (const line of lines) {
    const [, name, value] = HEADER_LINE.exec(line) ?? [];
    if (name === undefined || value === undefined) return undefined;
    const key = name.toLowerCase();
    if (key === 'content-length' && (headers[key] ?? value) !== value) return undefined;
    headers[key] ??= value;
  }
  return headers;
}

function framingOf(status: number, headers: AnswerHeaders): Framing | undefined {
  if (NO_BODY.has(status)) return { kind: 'length', bytes: 0 };
  const encoding = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (encoding !== undefined) {
    if (length !== undefined) return undefined;
    return /(?:^|,)\s*chunked$/i.test(encoding) ? { kind: 'chunked' } : { kind: 'close' };
  }
  if (length === undefined) return { kind: 'close' };
  return /^\d{1,15}$/.test(length) ? { kind: 'length', bytes: Number(length) } : undefined;
}
