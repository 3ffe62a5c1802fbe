import { createNoopMeter } from '@opentelemetry/api';
import { AlwaysOffSampler, BasicTracerProvider } from '@opentelemetry/sdk-trace-base';
import type { CatalystTracing, InstallResult } from './catalyst-tracing.js';
import type { CreatedTracing } from './create-tracing.js';
import { emptyStats, type DeliveryResult } from './export/delivery-stats.js';
import { createTraceJob } from './session/job.js';
import { LIVEKIT_NAME } from './livekit/install-livekit.js';
import { offerLiveKitConnector } from './livekit/connect-livekit.js';
import { NO_OBSERVER } from './session/observe-session.js';
import type { ResolvedOptions } from './options/resolve-options.js';
import { createPrivacyCounts } from './privacy/privacy-stats.js';
import { TRACER_NAME, VERSION } from './version.js';

const NOT_ASKED: readonly InstallResult[] = Object.freeze([]);
const NOTHING: DeliveryResult = Object.freeze({ exported: 0, dropped: 0, pending: 0 });

/** Tracing that is off, for a reason: everything works, nothing is recorded, registered or loaded. */
export function createDisabledTracing(
  { serviceName }: Pick<ResolvedOptions, 'serviceName'>,
  reason: string,
  release: () => void,
): CreatedTracing {
  const provider = Object.assign(new BasicTracerProvider({ sampler: new AlwaysOffSampler() }), {
    addSpanProcessor: () => {},
  });
  offerLiveKitConnector(provider, () => ({
    name: LIVEKIT_NAME,
    status: 'unavailable',
    installed: false,
    reason,
  }));
  const tracer = provider.getTracer(TRACER_NAME, VERSION);
  const tracing: CatalystTracing = {
    tracer,
    meter: createNoopMeter(),
    provider,
    serviceName,
    endpoint: undefined,
    installResults: NOT_ASKED,
    installed: NOT_ASKED,
    job: createTraceJob({
      tracer,
      entryStartMillis: () => undefined,
      begin: () => {},
      hasFailed: () => false,
      beforeEnd: () => {},
    }),
    observe: () => NO_OBSERVER,
    forceFlush: () => Promise.resolve(NOTHING),
    shutdown: () => {
      release();
      return Promise.resolve(NOTHING);
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
