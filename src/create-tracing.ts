import type { Tracer } from '@opentelemetry/api';
import type {
  CatalystTracing,
  FlushOptions,
  InstallResult,
  TracingStats,
} from './catalyst-tracing.js';
import { type DeliveryResult, DeliveryLedger } from './delivery/delivery-stats.js';
import { debug, warnOnce } from './diagnostics.js';
import { saidAllowPii } from './livekit/allow-pii.js';
import { livekitEntry } from './livekit/find-livekit.js';
import { LIVEKIT_NAME, LiveKitInstaller } from './livekit/install-livekit.js';
import { offerLiveKitConnector } from './livekit/livekit-connector.js';
import { LiveKitJobs } from './livekit/livekit-jobs.js';
import { LIVEKIT_SCOPE_NAME } from './mapping/livekit-spans.js';
import type { ObservableSession, SessionObserver } from './observe/observable-session.js';
import { NO_OBSERVER } from './observe/observe-session.js';
import { displayUrl } from './options/endpoint.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import { createPipeline, type Pipeline } from './pipeline.js';
import { RawSpanFanout } from './processor/raw-span-fanout.js';
import { chooseApi } from './provider/api-copies.js';
import { CatalystTracerProvider, createResource } from './provider/catalyst-tracer-provider.js';
import { createForeignSharing } from './provider/foreign-provider.js';
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
  const { processor } = pipeline;
  const provider = new CatalystTracerProvider(resolved, resource, processor, fanout);
  const { api, note, isSplit } = chooseApi(filesThatLoadApi());
  if (isSplit && note !== undefined) warnOnce('api_copies', note);
  else if (note !== undefined) debug(note);
  const shareWith = createForeignSharing(provider, fanout);
  const foreign = globalProvider(api);
  if (foreign !== undefined) shareWith(foreign);
  const registration = registerGlobally(provider, api);
  const unwatchExit = pipeline.watchExit();
  const livekit = new LiveKitInstaller({
    connection: {
      provider,
      addSpanProcessor: (added) => fanout.add(added),
      allowPii: saidAllowPii(resolved),
      shareWith,
      takeover: { processor, watchContexts: (watch) => registration.watchContexts(watch) },
    },
    jobs,
    isFound: registration.isGlobal && !isSplit,
    note,
  });
  provider.watchTracers((scopeName) => {
    if (scopeName === LIVEKIT_SCOPE_NAME) livekit.onTracer();
  });
  let isShutDown = false;
  offerLiveKitConnector(provider, (module) =>
    isShutDown ? SHUT_DOWN : livekit.installGiven(module),
  );
  const given = resolved.modules.livekitAgents;
  if (given !== undefined) livekit.installGiven(given);
  else if (resolved.autoInstrument) await livekit.installLoaded();
  const tracing = new LiveTracing({
    tracer: provider.getTracer(TRACER_NAME, VERSION),
    provider,
    resolved,
    pipeline,
    livekit,
    release: () => {
      isShutDown = true;
      registration.release();
      onShutdown();
    },
    unwatchExit,
  });
  return { tracing, ownsSpan: pipeline.ownsSpan };
}

/** Files whose copy of the API matters and may not have been loaded yet. */
function filesThatLoadApi(): readonly string[] {
  return [livekitEntry(), process.argv[1]].filter((file) => file !== undefined);
}

interface LiveTracingParts {
  readonly tracer: Tracer;
  readonly provider: CatalystTracerProvider;
  readonly resolved: ResolvedOptions;
  readonly pipeline: Pipeline;
  readonly livekit: LiveKitInstaller;
  readonly release: () => void;
  readonly unwatchExit: () => void;
}

class LiveTracing implements CatalystTracing {
  readonly tracer: Tracer;
  readonly provider: CatalystTracerProvider;
  readonly serviceName: string;
  readonly endpoint: string | undefined;
  readonly #pipeline: Pipeline;
  readonly #livekit: LiveKitInstaller;
  readonly #release: () => void;
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
    this.#release = parts.release;
    this.#unwatchExit = parts.unwatchExit;
  }

  /** As it is now: a LiveKit that is loaded later is connected later. */
  get installResults(): readonly InstallResult[] {
    return this.#livekit.results;
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
    const result = await this.#pipeline.close(options);
    // Only now: a process that ends meanwhile is to lose nothing either.
    this.#unwatchExit();
    return result;
  }
}
