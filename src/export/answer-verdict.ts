import { readPartialSuccess, readStatusMessage } from './partial-success.js';
import type { HttpAnswer } from '../http/answer-reader.js';
import { parseRetryAfter } from './retry-delay.js';

/** What an answer means for the spans of its request. */
export type Verdict =
  /** Taken, except `rejected` of them. */
  | { readonly kind: 'accepted'; readonly rejected: number; readonly words: string }
  /** Not taken, and it may pass. */
  | {
      readonly kind: 'retry';
      readonly reason: string;
      /** What the collector asked for. */
      readonly retryAfterMillis: number | undefined;
    }
  /** Too many bytes in one request. */
  | { readonly kind: 'tooLarge' }
  /** Never taken, however often it is sent. */
  | { readonly kind: 'refused'; readonly status: number; readonly words: string };

const TOO_LARGE_STATUS = 413;
const REQUEST_TIMEOUT_STATUS = 408;
const TOO_MANY_REQUESTS_STATUS = 429;
/** Not implemented, HTTP version not supported: server errors that don't pass. */
const LASTING_SERVER_ERRORS: ReadonlySet<number> = new Set([501, 505]);

function mayPass(status: number): boolean {
  if (status === REQUEST_TIMEOUT_STATUS || status === TOO_MANY_REQUESTS_STATUS) return true;
  return status >= 500 && !LASTING_SERVER_ERRORS.has(status);
}

/** Decides what an answer means. OTLP (failures section) retries 429, 502, 503 and 504; we also do 408 and the other 5xx, which a proxy in front may answer while the collector restarts. */
export function judgeAnswer(answer: HttpAnswer, nowMillis: number): Verdict {
  const { status } = answer;
  if (status >= 200 && status < 300) {
    const partial = readPartialSuccess(answer.body, answer.headers['content-type'] ?? '');
    return { kind: 'accepted', rejected: partial.rejectedSpans, words: partial.message };
  }
  if (status === TOO_LARGE_STATUS) return { kind: 'tooLarge' };
  if (mayPass(status)) {
    const retryAfterMillis = parseRetryAfter(answer.headers['retry-after'], nowMillis);
    return { kind: 'retry', reason: `status ${status}`, retryAfterMillis };
  }
  const location = answer.headers['location'];
  if (status >= 300 && status < 400 && location !== undefined) {
    return { kind: 'refused', status, words: `a redirect to ${withoutQuery(location)}` };
  }
  return { kind: 'refused', status, words: readAnswerWords(answer) };
}

/** Where a redirect points, without what may be a secret in it. */
function withoutQuery(location: string): string {
  return location.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
}

/** What the collector says: the message of a `google.rpc.Status`, or the text of the body. */
export function readAnswerWords({ body, headers }: HttpAnswer): string {
  const type = headers['content-type'] ?? '';
  if (type.includes('protobuf')) return readStatusMessage(body);
  const text = body.toString('utf8').trim();
  if (!text.startsWith('{')) return text;
  try {
    const json: unknown = JSON.parse(text);
    if (typeof json !== 'object' || json === null) return text;
    const message = 'message' in json ? json.message : 'error' in json ? json.error : undefined;
    return typeof message === 'string' ? message : text;
  } catch {
    return text;
  }
}
