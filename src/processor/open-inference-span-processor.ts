import { metrics as api, type Context } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { setDebug } from '../diagnostics.js';
import type { DeliveryProcessor } from '../export/delivery-processor.js';
import { resolveTimeoutMillis, watchExit } from '../export/process-exit.js';
import { noteNativeSpan } from '../integrations/anthropic/native-spans.js';
import { loadNativeMapper } from '../integrations/native-spans.js';
import { closeOpenSpans } from '../integrations/open-spans.js';
import { configuredAllowPii, LiveKitInstaller } from '../livekit/install-livekit.js';
import { offerLiveKitConnector } from '../livekit/connect-livekit.js';
import { LiveKitJobs } from '../livekit/livekit-jobs.js';
import { asBareSpan, asIncompleteSpan, type MappedSpan } from '../mapping/mapped-span.js';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan } from '../mapping/livekit-spans.js';
import { LateMetrics } from '../metrics/late-metrics.js';
import { resolveOptions, type ResolvedOptions } from '../options/resolve-options.js';
import type { SetupOptions } from '../options/setup-options.js';
import { Privacy } from '../privacy/privacy.js';
import type { PrivacyCounts } from '../privacy/privacy-stats.js';
import { redactText } from '../privacy/redact.js';
import { CatalystAttr } from '../semconv/catalyst-attributes.js';
import type { JobRecord } from '../session/job.js';
import { SessionObservers } from '../session/observe-session.js';
import { readSessionId } from '../session/session.js';
import type { SpanNode } from '../session/span-node.js';
import { SpanTree } from '../session/span-tree.js';
import { mustWait, WaitingSpans, type WaitingSpan } from '../session/propagation.js';
import { SpanPipeline } from './span-pipeline.js';
import {
  APPLICATION_FAILURES,
  RAW_FAILURES,
  SpanProcessorFanout,
  type FlushableProcessor,
  type FlushDeadline,
} from './span-processor-fanout.js';

/**
 * Options of {@link OpenInferenceSpanProcessor}: those of `setup()` that concern spans on their way
 * out. Resource, sampler and limits are the provider's, and the next processor sends.
 */
export type OpenInferenceProcessorOptions = Omit<
  SetupOptions,
  | 'autoInstrument'
  | 'environment'
  | 'modules'
  | 'resourceAttributes'
  | 'sampler'
  | 'serviceName'
  | 'serviceVersion'
  | 'spanLimits'
>;

/** What `setup()` has decided and made before it composes the processor. */
export interface ProcessorParts {
  readonly resolved: ResolvedOptions;
  /** `undefined` where the processor makes its own with its first span. */
  readonly metrics?: LateMetrics;
  /** The batch processor behind `next`, when it is ours. */
  readonly delivery: DeliveryProcessor | undefined;
}

/**
 * Maps every span to OpenInference, applies the privacy options, and passes the result to the next
 * processor. The raw spans stay as they are for the provider's other processors.
 *
 * Everything happens in `onEnd`, after LiveKit has stripped in `onEnding` what may not leave. Nothing
 * is thrown into the code that started or ended a span. Options and environment are read as by
 * `setup()`: a bad option throws `InvalidOptionError`, a bad variable warns.
 *
 * For LiveKit, pass the processor to `installLiveKitAgentsInstrumentation()` as well. That needs
 * sdk-trace-base 2.3 or newer.
 *
 * @example
 * const processor = new OpenInferenceSpanProcessor(new BatchSpanProcessor(new OTLPTraceExporter()));
 * const provider = new NodeTracerProvider({ spanProcessors: [processor] });
 * provider.register();
 * installLiveKitAgentsInstrumentation(livekitAgents, provider, processor);
 */
export class OpenInferenceSpanProcessor implements FlushableProcessor {
  /** @internal */
  readonly jobs: LiveKitJobs;
  /** @internal */
  readonly tree: SpanTree;
  /** @internal */
  readonly observers: SessionObservers;
  readonly #next: FlushableProcessor;
  /** Processors that LiveKit adds: its PII filter, its Cloud exporter. They see raw spans. */
  readonly #raw = new SpanProcessorFanout([], RAW_FAILURES);
  readonly #resolved: ResolvedOptions;
  readonly #delivery: DeliveryProcessor | undefined;
  readonly #privacy: Privacy;
  readonly #pipeline: SpanPipeline;
  readonly #metrics: LateMetrics;
  readonly #waiting = new WaitingSpans();
  #mappersLoaded: Promise<unknown> | undefined;
  /** On a provider of the application's own, until the first span. */
  #isToStart: boolean;
  #unwatchExit: (() => void) | undefined;
  /** Awaited by the next flush: the stock batch processor does not wait for what is in flight. */
  #sessionFlush: Promise<void> = Promise.resolve();

  constructor(next: SpanProcessor, options?: OpenInferenceProcessorOptions);
  /** @internal */
  constructor(next: FlushableProcessor, options: undefined, parts: ProcessorParts);
  constructor(
    next: FlushableProcessor,
    options?: OpenInferenceProcessorOptions,
    parts: ProcessorParts = { resolved: resolveOptions(options), delivery: undefined },
  ) {
    const { resolved } = parts;
    setDebug(resolved.debug);
    this.#next =
      next instanceof SpanProcessorFanout
        ? next
        : new SpanProcessorFanout([next], APPLICATION_FAILURES);
    this.#resolved = resolved;
    this.#delivery = parts.delivery;
    this.#isToStart = parts.metrics === undefined;
    this.#metrics = parts.metrics ?? new LateMetrics(resolved.metrics !== undefined);
    this.jobs = new LiveKitJobs(() => this.flush());
    this.tree = new SpanTree({
      processIdentity: {
        sessionId: undefined,
        userId: resolved.userId,
        agent: undefined,
        metadata: resolved.metadata,
        tags: resolved.tags,
      },
      configuredSessionId: () => readSessionId(resolved.sessionId, () => this.jobs.current()),
      roomSid: () => this.jobs.roomSid(),
      currentTask: () => this.jobs.currentTask(),
      isSent: (span) => this.#pipeline.accepts(span),
    });
    this.observers = new SessionObservers(this.tree);
    this.#privacy = new Privacy({
      ...resolved.privacy,
      isEnforced: () => this.jobs.enforcesRedaction(),
    });
    this.#pipeline = new SpanPipeline({
      resolved,
      privacy: this.#privacy,
      metrics: this.#metrics,
      next: this.#next,
    });
    if (this.#isToStart) {
      offerLiveKitConnector(this, (module, provider) => {
        const connection = {
          provider,
          addSpanProcessor: (processor: SpanProcessor) => this.addRawProcessor(processor),
          allowPii: configuredAllowPii(resolved),
        };
        const { jobs } = this;
        const installer = new LiveKitInstaller({
          connection,
          jobs,
          isGlobal: false,
          note: undefined,
        });
        return installer.install(module);
      });
    }
  }

  onStart(span: Span, parentContext: Context): void {
    if (!this.#resolved.disabled) this.#start(span, parentContext);
    // LiveKit's processors work whether or not spans are sent from here: redaction is among them.
    this.#raw.onStart(span, parentContext);
  }

  onEnding(span: Span): void {
    this.#raw.onEnding(span);
  }

  onEnd(span: ReadableSpan): void {
    if (!this.#resolved.disabled) {
      if (isLiveKitSession(span)) this.#endSession(span);
      else this.#end(span);
    }
    this.#raw.onEnd(span);
  }

  /**
   * Sends what has ended so far. Settles within the deadline, by default
   * `delivery.shutdownTimeoutMillis`, and never rejects.
   */
  async forceFlush(options?: FlushDeadline): Promise<void> {
    const timeoutMillis = this.#timeoutOf(options);
    await Promise.all([this.flush({ timeoutMillis }), this.#raw.forceFlush({ timeoutMillis })]);
  }

  /** Sends everything, open spans as incomplete. Settles within the deadline and never rejects. */
  async shutdown(options?: FlushDeadline): Promise<void> {
    const timeoutMillis = this.#timeoutOf(options);
    await Promise.all([this.close({ timeoutMillis }), this.#raw.shutdown({ timeoutMillis })]);
  }

  /**
   * `forceFlush()` without the processors that LiveKit added: flushing those is LiveKit's business.
   * @internal
   */
  async flush(options?: FlushDeadline): Promise<void> {
    if (this.#mappersLoaded !== undefined) await this.#mappersLoaded;
    this.tree.settleSessions();
    this.#sendWaiting();
    const timeoutMillis = this.#timeoutOf(options);
    const spans = Promise.all([this.#sessionFlush, this.#next.forceFlush({ timeoutMillis })]);
    await Promise.all([spans, this.#metrics.flush(spans, timeoutMillis)]);
  }

  /**
   * `shutdown()` without the processors that LiveKit added.
   * @internal
   */
  async close(options?: FlushDeadline): Promise<void> {
    if (this.#mappersLoaded !== undefined) await this.#mappersLoaded;
    this.sendOpenSpans();
    const timeoutMillis = this.#timeoutOf(options);
    const spans = this.#next.shutdown({ timeoutMillis });
    await Promise.all([spans, this.#metrics.close(spans, timeoutMillis)]);
    // Only now: a process that ends meanwhile is to lose nothing either.
    this.#unwatchExit?.();
  }

  /**
   * Adds a processor that sees raw spans from now on.
   * @internal
   */
  addRawProcessor(processor: SpanProcessor): void {
    this.#raw.add(processor);
  }

  /**
   * Sends what is known of every span that is still open, once. The spans stay open and untouched,
   * and one that ends after all is sent whole.
   * @internal
   */
  sendOpenSpans(): void {
    closeOpenSpans((spanId) => this.tree.isOpen(spanId));
    this.tree.settleSessions();
    for (const node of this.tree.openNodes()) {
      const { span, isSentIncomplete } = node;
      if (span === undefined || isSentIncomplete) continue;
      node.isSentIncomplete = true;
      this.#sendSafely({ span, node, context: undefined }, true);
    }
    this.#sendWaiting();
  }

  /**
   * Flushes when the process ends, until `shutdown()`.
   * @internal
   */
  watchExit(): void {
    this.#unwatchExit = watchExit({
      flush: (timeoutMillis) => this.flush({ timeoutMillis }),
      added: () => this.#pipeline.sentSpans,
      beforeEnd: () => this.sendOpenSpans(),
      exitSync: (sends) => this.#delivery?.exitSync(sends),
      timeoutMillis: this.#resolved.delivery.shutdownTimeoutMillis,
    });
  }

  /**
   * Makes a job known to the spans below its own.
   * @internal
   */
  beginJob(spanId: string, job: JobRecord): void {
    if (!this.tree.beginJob(spanId, job) || this.#resolved.metrics === undefined) return;
    this.#privacy.check({});
    const { policy } = this.#privacy;
    this.#metrics.sessionStarted(redactText(CatalystAttr.TENANT_ID, job.tenantId, policy));
  }

  /** @internal */
  stats(): {
    readonly mappingFailures: number;
    readonly failedMetricExports: number;
    readonly privacy: PrivacyCounts;
  } {
    return {
      mappingFailures: this.#pipeline.mappingFailures,
      failedMetricExports: this.#metrics.failedExports,
      privacy: { ...this.#privacy.counts },
    };
  }

  #start(span: Span, parentContext: Context): void {
    // Added twice to one provider.
    if (this.tree.has(span)) return;
    if (this.#isToStart) this.#startStandalone(span);
    try {
      const node = this.tree.start(span, parentContext);
      noteNativeSpan(span, parentContext);
      void loadNativeMapper(span);
      // A job's session began with the job. Of a span that is not sent, metrics never see the end.
      const isSession = node.livekitName === LiveKitSpan.AGENT_SESSION && node.job === undefined;
      if (isSession && node.isSent) {
        this.#metrics.sessionStarted(undefined);
      }
      if (node.isLiveKit) {
        this.jobs.hookCurrent();
        void this.jobs.findCopies();
        // A span that starts within the job tells before one that is open already ends without it.
        this.#privacy.check(span.attributes);
      }
    } catch (error) {
      this.#pipeline.fail(error, span);
    }
    this.#next.onStart(span, parentContext);
  }

  /** Only now is the resource of the application's provider known. */
  #startStandalone({ resource }: Span): void {
    this.#isToStart = false;
    this.watchExit();
    const resolved = this.#resolved;
    if (resolved.metrics === undefined) return;
    const parts = { resolved, resource, delivery: this.#delivery, api };
    void this.#metrics.create(resolved.metrics, parts);
  }

  /**
   * The span of an observed session waits for the session's `close` event, which says why it ended:
   * LiveKit emits it right after, in the same go. The end of this go is the latest.
   */
  #endSession(span: ReadableSpan): void {
    const send = (): void => {
      this.#end(span);
      const { shutdownTimeoutMillis: timeoutMillis } = this.#resolved.delivery;
      this.#sessionFlush = this.#next.forceFlush({ timeoutMillis });
    };
    const observed = this.tree.nodeOf(span).session?.observed;
    if (observed === undefined) return send();
    observed.awaitClosing(send);
    queueMicrotask(() => observed.settle());
  }

  /** What cannot be read is sent all the same, as if nothing had been set on it. */
  #end(span: ReadableSpan): void {
    try {
      const node = this.tree.nodeOf(span);
      // Ended already, on a provider that has this processor twice.
      if (node.span !== undefined) this.#take(span, node);
    } catch (error) {
      this.#pipeline.fail(error, span);
      // Reading it threw before anything was sent, so that it is not sent twice.
      attempt(() => this.#take(asBareSpan(span), this.tree.nodeOf(span)));
    }
  }

  #take(span: ReadableSpan, node: SpanNode): void {
    const loading = loadNativeMapper(span);
    if (loading !== undefined) return this.#wait(span, node, loading);
    if (mustWait(span, node)) this.#wait(span, node);
    else this.#report(span, node, this.#send(span, node, false));
    if (this.#waiting.isEmpty) return;
    for (const waiting of this.#waiting.takeFree()) this.#sendSafely(waiting);
  }

  /** `loading` is the mapper that the span waits for, if it does. */
  #wait(span: ReadableSpan, node: SpanNode, loading?: Promise<void>): void {
    const context = loading && this.tree.contextOf(node, span, false);
    const waiting = { span, node, context };
    const longest = this.#waiting.add(waiting);
    if (longest !== undefined) this.#sendSafely(longest);
    this.#report(span, node, undefined);
    if (loading === undefined) return;
    const sent = this.#sendLoaded(waiting, loading);
    this.#mappersLoaded = Promise.all([this.#mappersLoaded, sent]);
  }

  async #sendLoaded(waiting: WaitingSpan, loading: Promise<void>): Promise<void> {
    await loading;
    if (this.#waiting.take(waiting)) this.#sendSafely(waiting);
  }

  #send(span: ReadableSpan, node: SpanNode, incomplete: boolean): MappedSpan | undefined {
    return this.#pipeline.send(span, node, this.tree.contextOf(node, span, incomplete));
  }

  #report(span: ReadableSpan, node: SpanNode, mapped: MappedSpan | undefined): void {
    try {
      this.tree.end(node, span, mapped);
    } catch (error) {
      this.#pipeline.fail(error, span);
      attempt(() => this.tree.end(node, asBareSpan(span), mapped));
    }
  }

  /** Sends the spans that have ended and wait for another one. */
  #sendWaiting(): void {
    for (const waiting of this.#waiting.takeAll()) this.#sendSafely(waiting);
  }

  #sendSafely({ span, node, context }: WaitingSpan, incomplete = false): void {
    try {
      const sent = incomplete ? asIncompleteSpan(span) : span;
      if (context === undefined) this.#send(sent, node, incomplete);
      else this.#pipeline.send(sent, node, context);
    } catch (error) {
      this.#pipeline.fail(error, span);
      attempt(() => this.#send(asBareSpan(span), node, incomplete));
    }
  }

  #timeoutOf(options: FlushDeadline | undefined): number {
    const { shutdownTimeoutMillis } = this.#resolved.delivery;
    return resolveTimeoutMillis(options?.timeoutMillis, shutdownTimeoutMillis);
  }
}

/** For what is tried after a failure that was reported: another one has nothing to add. */
function attempt(call: () => void): void {
  try {
    call();
  } catch {
    // Not even the span's name and times can be read.
  }
}

function isLiveKitSession({ name, instrumentationScope }: ReadableSpan): boolean {
  return name === LiveKitSpan.AGENT_SESSION && instrumentationScope.name === LIVEKIT_SCOPE_NAME;
}
