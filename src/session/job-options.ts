import type { OpenSpanHandle, SpanFunction } from '../spans/span-handle.js';
import type { SpanIdentityOptions } from '../spans/span-options.js';

/** What `tracing.job` needs of LiveKit's `JobContext`, described by its shape. */
export interface TraceableJob {
  readonly job?: { readonly id?: string; readonly room?: { readonly sid?: string } };
  readonly room?: unknown;
  addShutdownCallback(callback: () => Promise<void>): void;
}

/** Whose job it is. All of it reaches every span of the job; a value that cannot be used is left out. */
export interface JobOptions extends SpanIdentityOptions {
  /** Whose customer is served: `tenant.id` of every span and every metric of the job. */
  readonly tenantId?: string | undefined;
  /** Name of the span. Default `voice.session`. */
  readonly spanName?: string | undefined;
}

/** `tracing.job`: see `CatalystTracing`. */
export interface TraceJob {
  <T>(context: TraceableJob, options: JobOptions, entry: SpanFunction<T>): Promise<T>;
  (context: TraceableJob, options?: JobOptions): OpenSpanHandle;
}
