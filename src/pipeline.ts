import { BatchSpanProcessor, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Delivery } from './export/delivery.js';
import type { FlushOptions } from './catalyst-tracing.js';
import type { DeliveryResult } from './export/delivery-stats.js';
import { closeOpenSpans } from './integrations/open-spans.js';
import { watchExit } from './export/exit-triggers.js';
import { resolveTimeoutMillis } from './export/flush-timeout.js';
import { debug, warnOnce } from './diagnostics.js';
import type { LiveKitJobs } from './livekit/livekit-jobs.js';
import type { JobHost } from './session/trace-job.js';
import { LIVEKIT_SCOPE_NAME } from './mapping/livekit-spans.js';
import type { LateMetrics } from './metrics/late-metrics.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import { SessionObservers } from './session/observe-session.js';
import { createPrivacy } from './privacy/privacy.js';
import type { PrivacyCounts } from './privacy/privacy-stats.js';
import { Delegates } from './processor/delegates.js';
import { OpenInferenceSpanProcessor } from './processor/open-inference-span-processor.js';
import { SpanOutlet } from './processor/span-outlet.js';
import { SpanSender } from './processor/span-sender.js';
import { readGivenSessionId } from './session/given-session-id.js';
import { SpanRegistry } from './session/span-registry.js';
import type { DeliveredOutput } from './span-output.js';
import { TRACER_NAME } from './version.js';

/** The span path of one set-up, put together: nothing of it is registered anywhere yet. */
export interface Pipeline {
  readonly processor: OpenInferenceSpanProcessor;
  /** `undefined` without an endpoint. */
  readonly delivery: Delivery | undefined;
  /** Spans that were sent without their attributes. */
  readonly mappingFailures: () => number;
  /** Exports of metrics that the collector did not take. */
  readonly failedMetricExports: () => number;
  /** What was withheld so far: the counts themselves, which go on. */
  readonly privacyCounts: Readonly<PrivacyCounts>;
  /** Whether an open span goes this way. */
  readonly ownsSpan: (spanId: string) => boolean;
  readonly observers: SessionObservers;
  /** What `tracing.job` tells and asks of the span path. */
  readonly jobSpans: Pick<JobHost, 'begin' | 'entryStartMillis'>;
  /** Sends what is known of every span that is still open. */
  readonly sendOpenSpans: () => void;
  /** Flushes when the process ends; returns how to stop watching. */
  readonly watchExit: () => () => void;
  readonly flush: (options?: FlushOptions) => Promise<DeliveryResult>;
  readonly close: (options?: FlushOptions) => Promise<DeliveryResult>;
}

const NOTHING: DeliveryResult = Object.freeze({ exported: 0, dropped: 0, pending: 0 });

export interface PipelineOptions {
  readonly resolved: ResolvedOptions;
  readonly jobs: LiveKitJobs;
  readonly metrics: LateMetrics;
  /** `undefined` without an endpoint. */
  readonly output: DeliveredOutput | undefined;
}

/** Builds the span path from decided options. */
export function createPipeline(parts: PipelineOptions): Pipeline {
  const { resolved, jobs, metrics, output } = parts;
  let mappingFailures = 0;
  const failed = new WeakSet<ReadableSpan>();
  const onFailure = (error: unknown, span: ReadableSpan): void => {
    if (failed.has(span)) return;
    failed.add(span);
    mappingFailures += 1;
    warnOnce('mapping_failed', 'A span could not be mapped and was sent without its attributes.');
    debug(`Mapping failed: ${error instanceof Error ? error.name : typeof error}`);
  };
  const registry = new SpanRegistry({
    processIdentity: {
      sessionId: undefined,
      userId: resolved.userId,
      agent: undefined,
      metadata: resolved.metadata,
      tags: resolved.tags,
    },
    givenSessionId: () => readGivenSessionId(resolved.sessionId, () => jobs.current()),
    roomSid: () => jobs.roomSid(),
    currentTask: () => jobs.currentTask(),
  });
  const delivery = output?.queue;
  const delegates = new Delegates([
    ...resolved.spanProcessors,
    ...resolved.exporters.map((exporter) => new BatchSpanProcessor(exporter)),
  ]);
  const privacy = createPrivacy({
    ...resolved.privacy,
    isMandated: () => jobs.mandatesRedaction(),
  });
  const sender = new SpanSender({
    mapping: { rawContent: resolved.rawContent },
    privacy,
    output,
    delegates,
    measures: metrics.areOn,
    onMappingFailure: onFailure,
  });
  const timeoutOf = (options: FlushOptions | undefined): number =>
    resolveTimeoutMillis(options?.timeoutMillis, resolved.delivery.shutdownTimeoutMillis);
  const flush = async (options?: FlushOptions): Promise<DeliveryResult> => {
    registry.sessions.settle();
    processor.sendHeld();
    const timeoutMillis = timeoutOf(options);
    const spans = delivery?.forceFlush({ timeoutMillis }) ?? Promise.resolve(NOTHING);
    await Promise.all([metrics.flush(spans, timeoutMillis), delegates.forceFlush(timeoutMillis)]);
    return spans;
  };
  const close = async (options?: FlushOptions): Promise<DeliveryResult> => {
    processor.sendHeld();
    const timeoutMillis = timeoutOf(options);
    const spans = delivery?.shutdown({ timeoutMillis }) ?? Promise.resolve(NOTHING);
    await Promise.all([metrics.close(spans, timeoutMillis), delegates.shutdown(timeoutMillis)]);
    return spans;
  };
  const processor = new OpenInferenceSpanProcessor({
    registry,
    outlet: new SpanOutlet({ sender, sends: scopeFilter(resolved.exportScopes), metrics }),
    delegates,
    onLiveKitStart: (span) => {
      // A span that starts within the job tells before one that is open already ends without it.
      privacy.forSpan(span.attributes);
      jobs.hookCurrent();
    },
    onSessionEnd: () => {
      void delivery?.forceFlush();
      void delegates.forceFlush(resolved.delivery.shutdownTimeoutMillis);
    },
    metrics,
    onFailure,
    flush,
    close,
  });
  const sendOpenSpans = (): void => {
    closeOpenSpans();
    registry.sessions.settle();
    for (const span of registry.openSpans()) processor.sendIncomplete(span);
  };
  return {
    processor,
    delivery,
    flush,
    close,
    watchExit: () => {
      if (output === undefined && delegates.isEmpty) return () => {};
      return watchExit({
        flush: (timeoutMillis) => flush({ timeoutMillis }),
        added: () => sender.sent,
        beforeEnd: sendOpenSpans,
        lastResort: () => delivery?.exitSync(),
        timeoutMillis: resolved.delivery.shutdownTimeoutMillis,
      });
    },
    mappingFailures: () => mappingFailures,
    failedMetricExports: () => metrics.failedExports,
    privacyCounts: privacy.counts,
    ownsSpan: (spanId) => registry.isOpen(spanId),
    sendOpenSpans,
    observers: new SessionObservers(registry),
    jobSpans: {
      entryStartMillis: () => registry.entryStartMillis(),
      begin: (spanId, tenantId, watch) => {
        if (registry.beginJob(spanId, tenantId, watch)) metrics.sessionStarted(tenantId);
      },
    },
  };
}

function scopeFilter(exportScopes: ResolvedOptions['exportScopes']): (scope: string) => boolean {
  if (exportScopes === 'all') return () => true;
  return (scope) => scope === LIVEKIT_SCOPE_NAME || scope === TRACER_NAME;
}
