import type { ResolvedDeliveryOptions } from '../options/option-table.js';
import type { ProxySettings } from '../options/endpoint.js';

/** Everything that delivery needs to know; the values are decided and valid. */
export interface DeliverySettings extends ResolvedDeliveryOptions {
  /** Where spans are POSTed to. User info in it is not sent: that is what `headers` are for. */
  readonly url: string;
  /** Sent with every request. Their values are secrets: they never appear in what is said. */
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'gzip' | 'none';
  /** Proxies of the environment; unset means none. */
  readonly proxies?: ProxySettings;
  /** Milliseconds that a batch is tried for, from its first failure. Default 300,000. */
  readonly retryBudgetMillis?: number;
  /** Bytes that the spool directory may hold, of all processes together. Default 64 MiB. */
  readonly maxSpoolBytes?: number;
  /** Milliseconds after which spooled spans are no longer worth sending. Default 24 hours. */
  readonly maxSpoolAgeMillis?: number;
}

/** Where delivery says what the user should know; `src/diagnostics.ts` is one. */
export interface DeliveryDiagnostics {
  /** Said at most once for a code. */
  warnOnce(code: string, text: string): void;
  debug(text: string): void;
}

export const DEFAULT_RETRY_BUDGET_MILLIS = 300_000;
export const DEFAULT_MAX_SPOOL_BYTES: number = 64 * 1024 * 1024;
export const DEFAULT_MAX_SPOOL_AGE_MILLIS: number = 24 * 60 * 60 * 1000;

/** Requests under way at once. Concurrency waits, it never drops. */
export const MAX_CONCURRENT_REQUESTS = 4;
