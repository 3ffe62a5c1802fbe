import type { SpanEncoder } from './span-encoder.js';
import type { Cancellation } from '../http/cancellation.js';
import type { HttpClient } from '../http/http-client.js';
import { HttpFailure } from '../http/http-failure.js';
import { judgeAnswer, type Verdict } from './answer-verdict.js';
import type { Collector } from './collector.js';
import type { DeliveryLedger } from './delivery-stats.js';
import { createRequestBody } from './request-body.js';

/** One try to deliver an export request, which `frame` gives in pieces. Never rejects. */
export type PostRequest = (
  frame: () => readonly Uint8Array[],
  contentType: SpanEncoder['contentType'],
  cancellation: Cancellation,
) => Promise<Verdict>;

/** Makes attempts: compress, post, judge. */
export function createPostRequest(
  { client, compression, headers: fixed }: Pick<Collector, 'client' | 'compression' | 'headers'>,
  ledger: DeliveryLedger,
): PostRequest {
  return async (frame, contentType, cancellation) => {
    try {
      const body = await createRequestBody(frame(), compression);
      const headers = { ...fixed, ...body.headers, 'content-type': contentType };
      const post = (): ReturnType<HttpClient['post']> => {
        ledger.requests++;
        ledger.bytesSent += body.bytes;
        return client.post(body, headers, cancellation);
      };
      const answer = await post().catch((error: unknown) => {
        // A connection kept alive that the server closed just now: another one, without a pause.
        if (error instanceof HttpFailure && error.wasStale && !cancellation.isCancelled) {
          return post();
        }
        throw error;
      });
      return judgeAnswer(answer, Date.now());
    } catch (error) {
      const reason = error instanceof HttpFailure ? error.code : 'unexpected failure';
      return { kind: 'retry', reason, retryAfterMillis: undefined };
    }
  };
}
