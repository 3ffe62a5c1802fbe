import type { Resource } from '@opentelemetry/resources';
import { AlwaysOnSampler } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { createEncoder, resolveDeliverySettings } from '../collector-settings.js';
import { createCollector } from '../export/collector.js';
import { createDelivery } from '../export/delivery.js';
import { debug } from '../diagnostics.js';
import type { HttpClient } from '../http/http-client.js';
import { LiveKitJobs } from '../livekit/livekit-jobs.js';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';
import { LateMetrics } from '../metrics/late-metrics.js';
import type { ResolvedOptions } from '../options/resolved-options.js';
import { createPipeline } from '../pipeline.js';
import type { RedactionOptions } from '../privacy/redaction-options.js';
import { playCall } from './rehearsed-call.js';

/** Takes everything, sends nothing. */
const NOWHERE: HttpClient = {
  post: () =>
    Promise.resolve({
      status: 200,
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.alloc(0),
    }),
  close: () => {},
};
/** What has run once has been compiled, whichever set-up it ran for. */
let isOver = false;

const SILENT = { warnOnce: () => {}, debug: () => {} };

/**
 * Plays one turn of a call through a span path of its own, whose spans go nowhere. V8 compiles what
 * runs for the first time, and at set-up nobody is on the phone yet: of the first ten turns that is
 * a third of what tracing costs the main thread.
 *
 * No code of the application runs here (no redactor, exporter or sampler), nothing is counted or
 * said, and nothing is left behind. Where it fails, the call compiles what it needs.
 */
export async function rehearse(resolved: ResolvedOptions, resource: Resource): Promise<void> {
  try {
    const settings = resolveDeliverySettings(resolved);
    if (settings === undefined || isOver) return;
    isOver = true;
    const encoder = createEncoder(resolved.protocol, resource);
    const collector = { ...createCollector(settings, SILENT), client: NOWHERE };
    const unspooled = { ...settings, spool: undefined };
    const pipeline = createPipeline({
      resolved: withoutForeignCode(resolved),
      jobs: new LiveKitJobs(() => Promise.resolve()),
      metrics: new LateMetrics(false),
      output: { encoder, queue: createDelivery(unspooled, encoder, SILENT, collector) },
    });
    const provider = new NodeTracerProvider({
      resource,
      sampler: new AlwaysOnSampler(),
      spanProcessors: [pipeline.processor],
    });
    await playCall(provider.getTracer(LIVEKIT_SCOPE_NAME), () => pipeline.flush());
    await pipeline.close();
  } catch (error) {
    debug(`Rehearsal failed: ${error instanceof Error ? error.name : typeof error}`);
  }
}

function withoutForeignCode(resolved: ResolvedOptions): ResolvedOptions {
  const { flags, redaction } = resolved.privacy;
  return {
    ...resolved,
    sessionId: undefined,
    spanProcessors: [],
    exporters: [],
    privacy: { flags, redaction: withoutFunctions(redaction) },
  };
}

/** What is slow only because it is new is not to be found too slow. */
function withoutFunctions({ redactPatterns, toolJsonPaths }: RedactionOptions): RedactionOptions {
  return {
    ...(toolJsonPaths && { toolJsonPaths }),
    ...(redactPatterns && {
      redactPatterns:
        redactPatterns === 'default'
          ? redactPatterns
          : redactPatterns.filter((each) => each instanceof RegExp || each.accepts === undefined),
    }),
    redactBudgetMillis: Infinity,
  };
}
