import { createNoopMeter, type Meter } from '@opentelemetry/api';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type {
  CatalystTracing,
  FlushOptions,
  InstallResult,
  TracingStats,
} from './catalyst-tracing.js';
import { debug, warnOnce } from './diagnostics.js';
import { emptyStats, type DeliveryResult } from './export/delivery-stats.js';
import { integrationResults, uninstallIntegrations } from './integrations/installed-sdks.js';
import { offerLiveKitConnector } from './livekit/connect-livekit.js';
import { configuredAllowPii, LIVEKIT_NAME, LiveKitInstaller } from './livekit/install-livekit.js';
import { livekitEntry } from './livekit/livekit-module.js';
import { LIVEKIT_SCOPE_NAME } from './mapping/livekit-spans.js';
import { LateMetrics } from './metrics/late-metrics.js';
import { displayUrl } from './options/endpoint.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import { createPrivacyCounts } from './privacy/privacy-stats.js';
import { composeProcessor, type ComposedProcessor } from './processor/create-processor.js';
import { chooseApi } from './provider/api-copies.js';
import { CatalystTracerProvider } from './provider/catalyst-tracer-provider.js';
import { createForeignSharing } from './provider/foreign-provider.js';
import { globalProvider, registerGlobally } from './provider/global-registration.js';
import { createTraceJob } from './session/job.js';
import { NO_OBSERVER } from './session/observe-session.js';
import { TRACER_NAME, VERSION } from './version.js';

/** Tracing that was built, and what the handles of its spans ask it. */
export interface CreatedTracing {
  readonly tracing: CatalystTracing;
  readonly ownsSpan: (spanId: string) => boolean;
}

const NO_RESULTS: readonly InstallResult[] = Object.freeze([]);
const NOTHING_SENT: DeliveryResult = Object.freeze({ exported: 0, dropped: 0, pending: 0 });

/** Builds the tracing that decided options describe, registers it, and connects LiveKit. */
export async function createTracing(
  resolved: ResolvedOptions,
  onShutdown: () => void,
): Promise<CreatedTracing> {
  // What was configured, over what the SDK says of itself.
  const resource = defaultResource().merge(resourceFromAttributes(resolved.resourceAttributes));
  const metrics = new LateMetrics(resolved.metrics !== undefined);
  const composed = composeProcessor(resolved, metrics);
  const { processor, delivery } = composed;
  const { jobs } = processor;
  const provider = new CatalystTracerProvider(resolved, resource, processor);
  const { api, note, isSplit } = chooseApi(filesThatLoadApi());
  if (isSplit && note !== undefined) warnOnce('api_copies', note);
  else if (note !== undefined) debug(note);
  const shareWith = createForeignSharing(provider, processor);
  const foreign = globalProvider(api);
  if (foreign !== undefined) shareWith(foreign);
  const registration = registerGlobally(provider, api);
  let isShutDown = false;
  const release = (): void => {
    isShutDown = true;
    uninstallIntegrations(provider);
    registration.release();
    onShutdown();
  };
  try {
    if (composed.sends) processor.watchExit();
    const livekit = new LiveKitInstaller({
      connection: {
        provider,
        addSpanProcessor: (added) => processor.addRawProcessor(added),
        allowPii: configuredAllowPii(resolved),
        shareWith,
        follower: { processor, watchContexts: (watch) => registration.watchContexts(watch) },
      },
      jobs,
      isGlobal: registration.isGlobal && !isSplit,
      note,
    });
    const ownsSpan = (spanId: string): boolean => processor.tree.isOpen(spanId);
    provider.watchTracers((scopeName) => {
      if (scopeName === LIVEKIT_SCOPE_NAME) livekit.onTracer();
    });
    offerLiveKitConnector(provider, (module) =>
      isShutDown
        ? unavailable('this tracing was shut down; call setup() again')
        : livekit.install(module),
    );
    const { modules, autoInstrument } = resolved;
    if (modules.livekitAgents !== undefined) livekit.install(modules.livekitAgents);
    else if (autoInstrument) await livekit.installLoaded();
    else await jobs.findCopies();
    // After those of LiveKit up to 1.5, which may join the provider that a span goes to.
    registration.watchContexts((entered) => livekit.onContext(entered, ownsSpan));
    if (autoInstrument || Object.keys(modules).length > 0) {
      const integrations = await import('./integrations/install-integrations.js');
      await integrations.installIntegrations({ modules, autoInstrument, provider });
    }
    // What the end of the process needs cannot be loaded then.
    await delivery?.ready;
    let meter = createNoopMeter();
    // After everything that an application must not start before.
    if (resolved.metrics !== undefined) {
      const parts = { resolved, resource, delivery, api: api.metrics };
      await metrics.create(resolved.metrics, parts);
      meter = api.metrics.getMeter(TRACER_NAME, VERSION);
    }
    return {
      tracing: createHandle(resolved, provider, composed, livekit, meter, release),
      ownsSpan,
    };
  } catch (error) {
    // A provider that nobody can shut down must not stay registered.
    release();
    void processor.shutdown({ timeoutMillis: 0 });
    throw error;
  }
}

/** Files whose copy of the API matters and may not have been loaded yet. */
function filesThatLoadApi(): readonly string[] {
  return [livekitEntry(), process.argv[1]].filter((file) => file !== undefined);
}

function unavailable(reason: string): InstallResult {
  return { name: LIVEKIT_NAME, status: 'unavailable', installed: false, reason };
}

/** The handle that `setup()` returns while tracing is live. */
function createHandle(
  resolved: ResolvedOptions,
  provider: CatalystTracerProvider,
  { processor, delivery }: ComposedProcessor,
  livekit: LiveKitInstaller,
  meter: Meter,
  release: () => void,
): CatalystTracing {
  const tracer = provider.getTracer(TRACER_NAME, VERSION);
  let results = NO_RESULTS;
  let ending: Promise<DeliveryResult> | undefined;
  const stats = (): TracingStats => ({
    ...(delivery?.stats() ?? emptyStats()),
    ...processor.stats(),
  });
  const result = (): DeliveryResult => {
    const { added, exported, dropped } = stats();
    return { exported, dropped, pending: added - exported - dropped };
  };
  const flush = async (options: FlushOptions | undefined): Promise<DeliveryResult> => {
    livekit.checkProvider();
    await processor.flush(options);
    return result();
  };
  const close = async (options: FlushOptions | undefined): Promise<DeliveryResult> => {
    livekit.checkProvider();
    processor.sendOpenSpans();
    release();
    await processor.close(options);
    return result();
  };
  return {
    tracer,
    meter,
    provider,
    serviceName: resolved.serviceName,
    endpoint: resolved.endpoint === undefined ? undefined : displayUrl(resolved.endpoint),
    /** As it is now: a LiveKit that is loaded later is connected later. */
    get installResults() {
      const rows = [...livekit.results, ...integrationResults(provider)];
      const isSame = rows.length === results.length && rows.every((row, at) => row === results[at]);
      if (!isSame) results = Object.freeze(rows);
      return results;
    },
    get installed() {
      return this.installResults;
    },
    job: createTraceJob(tracer, {
      begin: (spanId, job) => {
        livekit.checkProvider();
        processor.beginJob(spanId, job);
      },
      beforeEnd: (job, work) => processor.jobs.beforeEnd(job, work),
    }),
    observe: (session) => {
      if (ending !== undefined) return NO_OBSERVER;
      livekit.checkProvider();
      return processor.observers.observe(session);
    },
    forceFlush: (options) => ending ?? flush(options),
    shutdown: (options) => (ending ??= close(options)),
    stats,
  };
}

/** Tracing that is off, for a reason: everything works, nothing is recorded, registered or loaded. */
export function createDisabledTracing(
  serviceName: string,
  reason: string,
  release: () => void,
): CreatedTracing {
  const provider = Object.assign(new BasicTracerProvider({ sampler: new AlwaysOffSampler() }), {
    addSpanProcessor: () => {},
  });
  offerLiveKitConnector(provider, () => unavailable(reason));
  const tracer = provider.getTracer(TRACER_NAME, VERSION);
  const tracing: CatalystTracing = {
    tracer,
    meter: createNoopMeter(),
    provider,
    serviceName,
    endpoint: undefined,
    installResults: NO_RESULTS,
    installed: NO_RESULTS,
    job: createTraceJob(tracer, { begin: () => {}, beforeEnd: () => {} }),
    observe: () => NO_OBSERVER,
    forceFlush: () => Promise.resolve(NOTHING_SENT),
    shutdown: () => {
      release();
      return Promise.resolve(NOTHING_SENT);
    },
    stats: () => ({
      ...emptyStats(),
      mappingFailures: 0,
      failedMetricExports: 0,
      privacy: createPrivacyCounts(),
    }),
  };
  return { tracing, ownsSpan: () => false };
}
