import { ExportResultCode, type ExportResult } from '@opentelemetry/core';

/** What became of one export request. */
export type ExportOutcome =
  /** Taken, except `rejected` of its spans. */
  | { readonly kind: 'accepted'; readonly rejected: number; readonly message: string }
  /** Not taken, and it may pass. */
  | {
      readonly kind: 'retry';
      readonly reason: string;
      /** What the collector asked for. */
      readonly retryAfterMillis: number | undefined;
    }
  /** Too many bytes in one request. */
  | { readonly kind: 'too_large' }
  /** Never taken, however often it is sent. */
  | { readonly kind: 'refused'; readonly status: number; readonly message: string }
  /** Something threw on this side: the collector was not asked, or not understood. */
  | { readonly kind: 'failed'; readonly error: unknown };

/** What our exporter adds to an OpenTelemetry `ExportResult`. Stock exporters leave it out. */
export interface OtlpExportResult extends ExportResult {
  readonly outcome?: ExportOutcome;
}

export const ACCEPTED: ExportOutcome = { kind: 'accepted', rejected: 0, message: '' };

/** Node's codes, `ECONNREFUSED` or `CERT_HAS_EXPIRED`, and the texts with the same meaning. */
const SYSTEM_CODE = /^[A-Z][A-Z0-9_]+$/;
/**
 * What the stock exporters say of a failure that may pass, which has no code there
 * (`otlp-exporter-base`, `otlp-export-delegate.ts` and `http-transport-utils.ts`).
 */
const STOCK_RETRYABLE = /retryable status|timed? ?out|concurrent export limit/i;

/**
 * Reads the result of any `SpanExporter`, by what it has and never by its class: a class of another
 * realm (jest, `node:vm`) or another copy of a package is another class.
 */
export function classifyResult(result: OtlpExportResult): ExportOutcome {
  if (result.outcome !== undefined) return result.outcome;
  return result.code === ExportResultCode.SUCCESS ? ACCEPTED : classifyError(result.error);
}

/** Reads what an exporter failed with, or threw. */
export function classifyError(error: unknown): ExportOutcome {
  const code = fieldOf(error, 'code');
  const message = textOf(fieldOf(error, 'message'));
  // `OTLPExporterError`: the body is its `data`.
  if (typeof code === 'number') {
    return classifyStatus(code, textOf(fieldOf(error, 'data')) || message, undefined);
  }
  // Node's own argument errors are mistakes of this side.
  const isSystem =
    typeof code === 'string' &&
    !code.startsWith('ERR_INVALID_') &&
    (SYSTEM_CODE.test(code) || code === message);
  if (isSystem || STOCK_RETRYABLE.test(message)) {
    return { kind: 'retry', reason: isSystem ? code : message, retryAfterMillis: undefined };
  }
  return { kind: 'failed', error };
}

/**
 * What a status means. OTLP ("Failures") retries 429, 502, 503 and 504; we also do 408 and the other
 * 5xx, which a proxy in front may answer while the collector restarts. 501 and 505 do not pass.
 */
export function classifyStatus(
  status: number,
  message: string,
  retryAfterMillis: number | undefined,
): ExportOutcome {
  if (status === 413) return { kind: 'too_large' };
  const isServerError = status >= 500 && status !== 501 && status !== 505;
  if (isServerError || status === 408 || status === 429) {
    return { kind: 'retry', reason: `status ${status}`, retryAfterMillis };
  }
  return { kind: 'refused', status, message };
}

/**
 * Milliseconds that a `Retry-After` header asks for, in seconds or as an HTTP date (RFC 9110, 10.2.3).
 * `undefined` when there is none or it says nothing; 0 for a date that has passed.
 */
export function parseRetryAfter(value: string | undefined): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const date = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(0, date - Date.now());
}

function fieldOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
