import type { CatalystTracing, InstallResult } from './catalyst-tracing.js';
import { debug, warnOnce } from './diagnostics.js';
import { installIntegrations } from './integrations/install-integrations.js';
import { uninstallIntegrations } from './integrations/installed-sdks.js';
import { saidAllowPii } from './livekit/allow-pii.js';
import { livekitEntry } from './livekit/find-livekit.js';
import { LIVEKIT_NAME, LiveKitInstaller } from './livekit/install-livekit.js';
import { offerLiveKitConnector } from './livekit/livekit-connector.js';
import { LiveKitJobs } from './livekit/livekit-jobs.js';
import { LIVEKIT_SCOPE_NAME } from './mapping/livekit-spans.js';
import { LateMetrics } from './metrics/late-metrics.js';
import { createMetrics } from './metrics/metrics.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import { createPipeline } from './pipeline.js';
import { RawSpanFanout } from './processor/raw-span-fanout.js';
import { chooseApi } from './provider/api-copies.js';
import { CatalystTracerProvider, createResource } from './provider/catalyst-tracer-provider.js';
import { createForeignSharing } from './provider/foreign-provider.js';
import { globalProvider, registerGlobally } from './provider/global-registration.js';
import { LiveTracing } from './tracing-handle.js';
import { rehearse } from './rehearsal/rehearse.js';
import { createSpanOutput } from './span-output.js';
import { TRACER_NAME, VERSION } from './version.js';

/** Tracing that was built, and what the handles of its spans ask it. */
export interface CreatedTracing {
  readonly tracing: CatalystTracing;
  readonly ownsSpan: (spanId: string) => boolean;
}

const SHUT_DOWN: InstallResult = Object.freeze({
  name: LIVEKIT_NAME,
  status: 'unavailable',
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
  const metrics = new LateMetrics(resolved.metrics !== undefined);
  const pipeline = createPipeline({
    resolved,
    jobs,
    metrics,
    output: createSpanOutput(resolved, resource),
  });
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
  const { modules, autoInstrument } = resolved;
  await installIntegrations({ modules, autoInstrument, provider });
  // After everything that an application must not start before.
  if (resolved.metrics !== undefined) {
    await metrics.arrive(
      createMetrics(resolved.metrics, {
        resolved,
        resource,
        delivery: pipeline.delivery,
        api: api.metrics,
      }),
    );
  }
  await rehearse(resolved, resource);
  const tracing = new LiveTracing({
    tracer: provider.getTracer(TRACER_NAME, VERSION),
    provider,
    resolved,
    pipeline,
    livekit,
    beforeJobEnd: (job, work) => jobs.beforeEnd(job, work),
    release: () => {
      isShutDown = true;
      uninstallIntegrations(provider);
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
