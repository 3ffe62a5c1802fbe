import type { Meter, Tracer, TracerProvider } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { TraceJob } from './session/job.js';
import type { ObservableSession, SessionObserver } from './session/observe-session.js';
import type { DeliveryResult, DeliveryStats } from './export/delivery-stats.js';
import type { PrivacyStats } from './privacy/privacy-stats.js';

/** Whether an SDK was connected, and if not, why. */
export interface InstallResult {
  /** The name that `modules` knows it by. */
  readonly name: string;
  /** `pending`: it is connected when the application loads it. */
  readonly status: 'installed' | 'pending' | 'unavailable' | 'failed';
  /** Whether `status` is `installed`. */
  readonly installed: boolean;
  /** Version of the copy, or copies, that were found. */
  readonly version?: string;
  readonly reason?: string;
}

/** Bounds one call of `forceFlush()` or `shutdown()`. */
export interface FlushOptions {
  /**
   * Milliseconds after which the call settles, whatever the collector does.
   *
   * @default that of `delivery.shutdownTimeoutMillis`
   * @example 2_000
   */
  readonly timeoutMillis?: number;
}

/** What tracing has done so far: delivery's counters, what could not be mapped or measured, what was withheld. */
export interface TracingStats extends DeliveryStats {
  /** Spans sent without their attributes because mapping or redacting them failed. */
  readonly mappingFailures: number;
  /** Exports of metrics that the collector did not take, by our own meter provider. */
  readonly failedMetricExports: number;
  /** What hiding and redaction did to content, in values; counted once, however many exporters there are. */
  readonly privacy: PrivacyStats;
}

/** The tracer provider of a set-up. */
export interface TracingProvider extends TracerProvider {
  /** Adds a processor that sees every span from now on, raw, as OpenTelemetry 1.x did. */
  addSpanProcessor(processor: SpanProcessor): void;
  /** Flushes every processor. Settles within `delivery.shutdownTimeoutMillis`. */
  forceFlush(): Promise<void>;
}

/** The live tracing that `setup()` returns. */
export interface CatalystTracing {
  /** For spans of your own; `agentSpan` and `manualSpan` use it by themselves. */
  readonly tracer: Tracer;
  /** For metrics of your own. They go where ours go, and nowhere while `metrics` is off. */
  readonly meter: Meter;
  /** The provider that LiveKit's spans go to. */
  readonly provider: TracingProvider;
  /** `service.name` of the resource. */
  readonly serviceName: string;
  /** Where spans are sent, without query; `undefined` when they are not. */
  readonly endpoint: string | undefined;
  /** Which SDKs were connected. */
  readonly installResults: readonly InstallResult[];
  /** The same as `installResults`. */
  readonly installed: readonly InstallResult[];
  /**
   * Learns from the public events of an `AgentSession` what is on no LiveKit span: what `say()`
   * said, text and messages of a realtime model, how much speech was recognised and by which
   * model, why the session closed. One line, before or after `session.start()`; for any number of
   * sessions, each observed once however often it is asked for. Neither throws nor changes how the
   * session behaves. Hiding and redaction apply to all of it.
   *
   * @example
   * tracing.observe(session);
   * await session.start({ agent, room: ctx.room });
   */
  observe(session: ObservableSession): SessionObserver;
  /**
   * Puts a span around a job of LiveKit's, to be called first in its entrypoint: an AGENT span, by
   * default `voice.session`, that is the root of everything the job does. It is active in `entry`,
   * and ends when the job does, in the shutdown callback, with how long the session lasted, why it
   * ended, how the caller took part, and a summary of the session. All spans of
   * the job inherit its identity.
   *
   * Returns a promise of what `entry` returns. What it throws marks the span as failed and rejects
   * the promise unchanged. Without `entry` it returns the span's handle, whose `run()` makes the
   * span active. With tracing disabled `entry` just runs.
   *
   * @example
   * entry: (ctx) =>
   *   tracing.job(ctx, { agentName: 'support', tenantId: 'acme' }, async () => {
   *     await ctx.connect();
   *     await session.start({ agent, room: ctx.room });
   *   }),
   */
  readonly job: TraceJob;
  /** Sends what has ended so far. Settles within its deadline and never rejects. */
  forceFlush(options?: FlushOptions): Promise<DeliveryResult>;
  /**
   * Sends everything, open spans as incomplete, and unregisters everything: a later `setup()` starts
   * anew. Settles within its deadline, never rejects, and may be called twice.
   */
  shutdown(options?: FlushOptions): Promise<DeliveryResult>;
  /** Counts of what became of spans so far, and why some were dropped. */
  stats(): TracingStats;
}
