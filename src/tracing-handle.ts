import type { Tracer } from '@opentelemetry/api';
import type {
  CatalystTracing,
  FlushOptions,
  InstallResult,
  TracingStats,
} from './catalyst-tracing.js';
import { type DeliveryResult, DeliveryLedger } from './export/delivery-stats.js';
import type { TraceJob } from './session/job-options.js';
import { createTraceJob, type JobHost } from './session/trace-job.js';
import { integrationResults } from './integrations/installed-sdks.js';
import type { LiveKitInstaller } from './livekit/install-livekit.js';
import type { ObservableSession, SessionObserver } from './session/observable-session.js';
import { NO_OBSERVER } from './session/observe-session.js';
import { displayUrl } from './options/endpoint.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import type { Pipeline } from './pipeline.js';
import type { CatalystTracerProvider } from './provider/catalyst-tracer-provider.js';

/** What the handle of a set-up is made of. */
export interface LiveTracingParts {
  readonly tracer: Tracer;
  readonly provider: CatalystTracerProvider;
  readonly resolved: ResolvedOptions;
  readonly pipeline: Pipeline;
  readonly livekit: LiveKitInstaller;
  readonly beforeJobEnd: JobHost['beforeEnd'];
  readonly release: () => void;
  readonly unwatchExit: () => void;
}

/** The handle that `setup()` returns while tracing is live. */
export class LiveTracing implements CatalystTracing {
  readonly tracer: Tracer;
  readonly provider: CatalystTracerProvider;
  readonly serviceName: string;
  readonly endpoint: string | undefined;
  readonly job: TraceJob;
  readonly #pipeline: Pipeline;
  readonly #livekit: LiveKitInstaller;
  readonly #release: () => void;
  #results: readonly InstallResult[] = Object.freeze([]);
  readonly #unwatchExit: () => void;
  #shutdown: Promise<DeliveryResult> | undefined;

  constructor(parts: LiveTracingParts) {
    const { resolved } = parts;
    this.tracer = parts.tracer;
    this.provider = parts.provider;
    this.serviceName = resolved.serviceName;
    this.endpoint = resolved.endpoint === undefined ? undefined : displayUrl(resolved.endpoint);
    this.#pipeline = parts.pipeline;
    this.#livekit = parts.livekit;
    const { tracer, beforeJobEnd: beforeEnd } = parts;
    this.job = createTraceJob({ tracer, beforeEnd, ...parts.pipeline.jobSpans });
    this.#release = parts.release;
    this.#unwatchExit = parts.unwatchExit;
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
    return this.#shutdown === undefined ? this.#pipeline.observers.observe(session) : NO_OBSERVER;
  }

  forceFlush(options?: FlushOptions): Promise<DeliveryResult> {
    return this.#shutdown ?? this.#pipeline.flush(options);
  }

  shutdown(options?: FlushOptions): Promise<DeliveryResult> {
    this.#shutdown ??= this.#close(options);
    return this.#shutdown;
  }

  stats(): TracingStats {
    const stats = this.#pipeline.delivery?.stats() ?? new DeliveryLedger().stats(0, 0);
    const { mappingFailures, failedMetricExports, privacyCounts } = this.#pipeline;
    return {
      ...stats,
      mappingFailures: mappingFailures(),
      failedMetricExports: failedMetricExports(),
      privacy: { ...privacyCounts },
    };
  }

  async #close(options: FlushOptions | undefined): Promise<DeliveryResult> {
    this.#pipeline.sendOpenSpans();
    this.#release();
    const result = await this.#pipeline.close(options);
    // Only now: a process that ends meanwhile is to lose nothing either.
    this.#unwatchExit();
    return result;
  }
}
