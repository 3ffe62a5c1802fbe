import type { Meter, Tracer } from '@opentelemetry/api';
import type {
  CatalystTracing,
  FlushOptions,
  InstallResult,
  TracingStats,
} from './catalyst-tracing.js';
import type { DeliveryProcessor } from './export/delivery-processor.js';
import { emptyStats, type DeliveryResult } from './export/delivery-stats.js';
import { integrationResults } from './integrations/installed-sdks.js';
import type { TraceJob } from './session/job.js';
import { createTraceJob } from './session/job.js';
import type { LiveKitInstaller } from './livekit/install-livekit.js';
import type { ObservableSession, SessionObserver } from './session/observe-session.js';
import { NO_OBSERVER } from './session/observe-session.js';
import { displayUrl } from './options/endpoint.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import type { OpenInferenceSpanProcessor } from './processor/open-inference-span-processor.js';
import type { CatalystTracerProvider } from './provider/catalyst-tracer-provider.js';

/** What the handle of a set-up is made of. */
export interface LiveTracingParts {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly provider: CatalystTracerProvider;
  readonly resolved: ResolvedOptions;
  readonly processor: OpenInferenceSpanProcessor;
  readonly delivery: DeliveryProcessor | undefined;
  readonly livekit: LiveKitInstaller;
  readonly release: () => void;
}

/** The handle that `setup()` returns while tracing is live. */
export class LiveTracing implements CatalystTracing {
  readonly tracer: Tracer;
  readonly meter: Meter;
  readonly provider: CatalystTracerProvider;
  readonly serviceName: string;
  readonly endpoint: string | undefined;
  readonly job: TraceJob;
  readonly #processor: OpenInferenceSpanProcessor;
  readonly #delivery: DeliveryProcessor | undefined;
  readonly #livekit: LiveKitInstaller;
  readonly #release: () => void;
  #results: readonly InstallResult[] = Object.freeze([]);
  #shutdown: Promise<DeliveryResult> | undefined;

  constructor(parts: LiveTracingParts) {
    const { resolved } = parts;
    this.tracer = parts.tracer;
    this.meter = parts.meter;
    this.provider = parts.provider;
    this.serviceName = resolved.serviceName;
    this.endpoint = resolved.endpoint === undefined ? undefined : displayUrl(resolved.endpoint);
    const { processor } = parts;
    this.#processor = processor;
    this.#delivery = parts.delivery;
    this.#livekit = parts.livekit;
    this.job = createTraceJob({
      tracer: parts.tracer,
      entryStartMillis: () => processor.entryStartMillis(),
      begin: (spanId, tenantId, watch) => {
        parts.livekit.checkProvider();
        processor.beginJob(spanId, tenantId, watch);
      },
      hasFailed: (spanId) => processor.hasJobFailed(spanId),
      beforeEnd: (job, work) => processor.jobs.beforeEnd(job, work),
    });
    this.#release = parts.release;
  }

  /** As it is now: a LiveKit that is loaded later is connected later. */
  get installResults(): readonly InstallResult[] {
    const rows = [...this.#livekit.results, ...integrationResults(this.provider)];
    const isSame =
      rows.length === this.#results.length && rows.every((row, at) => row === this.#results[at]);
    if (!isSame) this.#results = Object.freeze(rows);
    return this.#results;
  }

  get installed(): readonly InstallResult[] {
    return this.installResults;
  }

  observe(session: ObservableSession): SessionObserver {
    if (this.#shutdown !== undefined) return NO_OBSERVER;
    this.#livekit.checkProvider();
    return this.#processor.observers.observe(session);
  }

  forceFlush(options?: FlushOptions): Promise<DeliveryResult> {
    return this.#shutdown ?? this.#flush(options);
  }

  shutdown(options?: FlushOptions): Promise<DeliveryResult> {
    this.#shutdown ??= this.#close(options);
    return this.#shutdown;
  }

  stats(): TracingStats {
    const delivery = this.#delivery?.stats() ?? emptyStats();
    return { ...delivery, ...this.#processor.stats() };
  }

  async #close(options: FlushOptions | undefined): Promise<DeliveryResult> {
    this.#livekit.checkProvider();
    this.#processor.sendOpenSpans();
    this.#release();
    await this.#processor.close(options);
    return this.#result();
  }

  async #flush(options: FlushOptions | undefined): Promise<DeliveryResult> {
    this.#livekit.checkProvider();
    await this.#processor.flush(options);
    return this.#result();
  }

  #result(): DeliveryResult {
    const { added, exported, dropped } = this.stats();
    return { exported, dropped, pending: added - exported - dropped };
  }
}
