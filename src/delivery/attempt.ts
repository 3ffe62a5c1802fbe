import type { SpanEncoder } from '../encoding/span-encoder.js';
import { judgeAnswer, type Verdict } from './answer-verdict.js';
import type { Batch } from './batch.js';
import type { DeliveryLedger } from './delivery-stats.js';
import { HttpFailure, type HttpClient } from './http-client.js';
import { createRequestBody } from './request-body.js';

/** One try to deliver a batch. Never rejects. */
export type Attempt = (batch: Batch, signal: AbortSignal) => Promise<Verdict>;

export interface AttemptOptions {
  readonly encoder: SpanEncoder;
  readonly client: HttpClient;
  readonly compression: 'gzip' | 'none';
  readonly headers: Readonly<Record<string, string>>;
  readonly ledger: DeliveryLedger;
}

/** Makes attempts: frame, compress, post, judge. */
export function createAttempt(options: AttemptOptions): Attempt {
  const { encoder, client, compression, ledger } = options;

  return async (batch, signal) => {
    try {
      const body = await createRequestBody(encoder.frameRequest(batch.spans), compression);
      const headers = {
        ...options.headers,
        ...body.headers,
        'content-type': encoder.contentType,
      };
      const post = (): ReturnType<HttpClient['post']> => {
        ledger.requests++;
        ledger.bytesSent += body.bytes.length;
        return client.post(body.bytes, headers, signal);
      };
      const answer = await post().catch((error: unknown) => {
        // A connection kept alive that the server closed just now: another one, without a pause.
        if (error instanceof HttpFailure && error.wasStale && !signal.aborted) return post();
        throw error;
      });
      return judgeAnswer(answer, Date.now());
    } catch (error) {
      const reason = error instanceof HttpFailure ? error.code : 'unexpected failure';
      return { kind: 'retry', reason, retryAfterMillis: undefined };
    }
  };
}
