import type { Tracer, TracerProvider } from '@opentelemetry/api';
import type {
  CatalystTracing,
  FlushOptions,
  InstallResult,
  TracingStats,
} from './catalyst-tracing.js';
import { type DeliveryResult, DeliveryLedger } from './delivery/delivery-stats.js';
import { warnOnce } from './diagnostics.js';
import {
  installGivenLiveKit,
  installLoadedLiveKit,
  LIVEKIT_NAME,
} from './livekit/install-livekit.js';
import { offerLiveKitConnector } from './livekit/livekit-connector.js';
import { LiveKitJobs } from './livekit/livekit-jobs.js';
import type { ObservableSession, SessionObserver } from './observe/observable-session.js';
import { NO_OBSERVER } from './observe/observe-session.js';
import { displayUrl } from './options/endpoint.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import { createPipeline, type Pipeline } from './pipeline.js';
import { RawSpanFanout } from './processor/raw-span-fanout.js';
import { CatalystTracerProvider, createResource } from './provider/catalyst-tracer-provider.js';
import { ForeignForwarder, readForeignProvider } from './provider/foreign-provider.js';
import { globalProvider, registerGlobally } from './provider/global-registration.js';
import { TRACER_NAME, VERSION } from './version.js';

/** Tracing that was built, and what the handles of its spans ask it. */
export interface CreatedTracing {
  readonly tracing: CatalystTracing;
  readonly ownsSpan: (spanId: string) => boolean;
}

const SHUT_DOWN: InstallResult = Object.freeze({
  name: LIVEKIT_NAME,
  installed: false,
  reason: 'this tracing was shut down; call setup() again',
});

/** Builds the tracing that decided options describe, registers it, and connects LiveKit. */
export async function createTracing(
  resolved: ResolvedOptions,
  onShutdown: () => void,
): Promise<CreatedTracing> {
  const fanout = new RawSpanFanout();
  const jobs = new LiveKitJobs(async () => {
    await pipeline.flush();
  });
  const resource = createResource(resolved.resourceAttributes);
  const pipeline = createPipeline({ resolved, resource, jobs });
  const provider = new CatalystTracerProvider(resolved, resource, pipeline.processor, fanout);
  const foreign = globalProvider();
  if (foreign !== undefined) shareWith(foreign, fanout);
  const registration = registerGlobally(provider);
  const unwatchExit = pipeline.watchExit();
  const installation = {
    connection: {
      provider,
      addSpanProcessor: (processor: Parameters<RawSpanFanout['add']>[0]) => fanout.add(processor),
      allowPii: resolved.privacy.flags.allowPii,
    },
    jobs,
  };
  let isShutDown = false;
  offerLiveKitConnector(provider, (module) =>
    isShutDown ? SHUT_DOWN : installGivenLiveKit(module, installation),
  );
  const installResults: InstallResult[] = [];
  const given = resolved.modules.livekitAgents;
  if (given !== undefined) installResults.push(installGivenLiveKit(given, installation));
  else if (resolved.autoInstrument) installResults.push(await installLoadedLiveKit(installation));
  const tracing = new LiveTracing({
    tracer: provider.getTracer(TRACER_NAME, VERSION),
    provider,
    resolved,
    pipeline,
    installResults,
    release: () => {
      isShutDown = true;
      registration.release();
      unwatchExit();
      onShutdown();
    },
  });
  return { tracing, ownsSpan: pipeline.ownsSpan };
}

/** The application's own processors received LiveKit's spans before us, and still do. */
function shareWith(foreign: TracerProvider, fanout: RawSpanFanout): void {
  const { processor, resource } = readForeignProvider(foreign);
  if (processor !== undefined) fanout.add(new ForeignForwarder(processor, resource));
  else {
    warnOnce(
      'foreign_provider',
      'Another tracer provider is registered and does not show its span processors: LiveKit spans go to this one alone.',
    );
  }
}

interface LiveTracingParts {
  readonly tracer: Tracer;
  readonly provider: CatalystTracerProvider;
  readonly resolved: ResolvedOptions;
  readonly pipeline: Pipeline;
  readonly installResults: readonly InstallResult[];
  readonly release: () => void;
}

class LiveTracing implements CatalystTracing {
  readonly tracer: Tracer;
  readonly provider: CatalystTracerProvider;
  readonly serviceName: string;
  readonly endpoint: string | undefined;
  readonly installResults: readonly InstallResult[];
  readonly #pipeline: Pipeline;
  readonly #release: () => void;
  #shutdown: Promise<DeliveryResult> | undefined;

  constructor(parts: LiveTracingParts) {
    const { resolved } = parts;
    this.tracer = parts.tracer;
    this.provider = parts.provider;
    this.serviceName = resolved.serviceName;
    this.endpoint = resolved.endpoint === undefined ? undefined : displayUrl(resolved.endpoint);
    this.installResults = Object.freeze([...parts.installResults]);
    this.#pipeline = parts.pipeline;
    this.#release = parts.release;
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
    return { ...stats, mappingFailures: this.#pipeline.mappingFailures() };
  }

  async #close(options: FlushOptions | undefined): Promise<DeliveryResult> {
    this.#pipeline.sendOpenSpans();
    this.#release();
    return this.#pipeline.close(options);
  }
}
