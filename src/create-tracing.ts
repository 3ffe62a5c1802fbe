import { createNoopMeter } from '@opentelemetry/api';
import type { CatalystTracing, InstallResult } from './catalyst-tracing.js';
import { debug, warnOnce } from './diagnostics.js';
import { uninstallIntegrations } from './integrations/installed-sdks.js';
import { livekitEntry } from './livekit/livekit-module.js';
import { configuredAllowPii, LIVEKIT_NAME, LiveKitInstaller } from './livekit/install-livekit.js';
import { offerLiveKitConnector } from './livekit/connect-livekit.js';
import { LIVEKIT_SCOPE_NAME } from './mapping/livekit-spans.js';
import { LateMetrics } from './metrics/late-metrics.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import { composeProcessor } from './processor/create-processor.js';
import { chooseApi } from './provider/api-copies.js';
import { CatalystTracerProvider, createResource } from './provider/catalyst-tracer-provider.js';
import { createForeignSharing } from './provider/foreign-provider.js';
import { globalProvider, registerGlobally } from './provider/global-registration.js';
import { LiveTracing } from './tracing-handle.js';
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
  const resource = createResource(resolved.resourceAttributes);
  const metrics = new LateMetrics(resolved.metrics !== undefined);
  const { processor, delivery, sends } = composeProcessor(resolved, metrics);
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
    if (sends) processor.watchExit();
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
    const ownsSpan = (spanId: string): boolean => processor.isOpen(spanId);
    provider.watchTracers((scopeName) => {
      if (scopeName === LIVEKIT_SCOPE_NAME) livekit.onTracer();
    });
    offerLiveKitConnector(provider, (module) => (isShutDown ? SHUT_DOWN : livekit.install(module)));
    const { livekitAgents } = resolved.modules;
    if (livekitAgents !== undefined) livekit.install(livekitAgents);
    else if (resolved.autoInstrument) await livekit.installLoaded();
    else await jobs.findCopies();
    // After those of LiveKit up to 1.5, which may join the provider that a span goes to.
    registration.watchContexts((entered) => livekit.onContext(entered, ownsSpan));
    const { modules, autoInstrument } = resolved;
    if (autoInstrument || Object.keys(modules).length > 0) {
      const integrations = await import('./integrations/install-integrations.js');
      await integrations.installIntegrations({ modules, autoInstrument, provider });
    }
    // What the end of the process needs cannot be loaded then.
    await delivery?.ready;
    // After everything that an application must not start before.
    if (resolved.metrics !== undefined) {
      const parts = { resolved, resource, delivery, api: api.metrics };
      await metrics.create(resolved.metrics, parts);
    }
    const tracing = new LiveTracing({
      tracer: provider.getTracer(TRACER_NAME, VERSION),
      meter:
        resolved.metrics === undefined
          ? createNoopMeter()
          : api.metrics.getMeter(TRACER_NAME, VERSION),
      provider,
      resolved,
      processor,
      delivery,
      livekit,
      release,
    });
    return { tracing, ownsSpan };
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
