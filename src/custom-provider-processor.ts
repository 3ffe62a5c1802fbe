import { metrics as api, type Context, type TracerProvider } from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { setDebug } from './diagnostics.js';
import type { InstallResult } from './catalyst-tracing.js';
import { saidAllowPii } from './livekit/allow-pii.js';
import { LiveKitInstaller } from './livekit/install-livekit.js';
import { offerLiveKitConnector } from './livekit/livekit-connector.js';
import { LiveKitJobs } from './livekit/livekit-jobs.js';
import type { LiveKitModule } from './livekit/livekit-module.js';
import { LateMetrics } from './metrics/late-metrics.js';
import { createMetrics } from './metrics/metrics.js';
import { resolveOptions } from './options/resolve-options.js';
import type { ResolvedOptions } from './options/resolved-options.js';
import type { SetupOptions } from './options/setup-options.js';
import { createPipeline, type Pipeline } from './pipeline.js';
import { RawSpanFanout } from './processor/raw-span-fanout.js';
import { createSpanOutput } from './span-output.js';

/**
 * Options of {@link createOpenInferenceSpanProcessor}: those of `setup()` that are about spans on
 * their way out. Resource, sampler and limits are the provider's, and LiveKit is connected by hand.
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

/**
 * The span path of `setup()` as a span processor for a tracer provider of your own: it maps every
 * span to OpenInference, applies the privacy options and sends it; the raw spans stay as they are
 * for the provider's other processors. Give it to the provider and to
 * `installLiveKitAgentsInstrumentation()`. Needs sdk-trace-base 2.3 or newer for LiveKit's redaction.
 *
 * Metrics, when they are on, are loaded with the first span and go through the meter provider that
 * the application has registered by then, else through one of ours with the resource of the spans.
 *
 * Environment and options hold as for `setup()`: a bad option throws `InvalidOptionError`, a bad
 * variable warns. With `CATALYST_DISABLED` or `OTEL_SDK_DISABLED` it passes nothing on.
 *
 * @example
 * const spanProcessor = createOpenInferenceSpanProcessor();
 * const provider = new NodeTracerProvider({ spanProcessors: [spanProcessor, ...others] });
 * provider.register();
 * installLiveKitAgentsInstrumentation(livekitAgents, provider, spanProcessor);
 */
export function createOpenInferenceSpanProcessor(
  options?: OpenInferenceProcessorOptions,
): SpanProcessor {
  const resolved = resolveOptions(options);
  setDebug(resolved.debug);
  return new CustomProviderProcessor(resolved);
}

class CustomProviderProcessor implements SpanProcessor {
  readonly #resolved: ResolvedOptions;
  readonly #fanout = new RawSpanFanout();
  readonly #jobs = new LiveKitJobs(() => this.forceFlush());
  #pipeline: Pipeline | undefined;
  #unwatchExit: (() => void) | undefined;

  constructor(resolved: ResolvedOptions) {
    this.#resolved = resolved;
    offerLiveKitConnector(this, (module, provider) => this.#connect(module, provider));
  }

  onStart(span: Span, parentContext: Context): void {
    // LiveKit's processors work whether or not spans are sent from here: redaction is among them.
    if (!this.#resolved.disabled) this.#pipelineOf(span).processor.onStart(span, parentContext);
    this.#fanout.onStart(span, parentContext);
  }

  onEnding(span: Span): void {
    this.#fanout.onEnding(span);
  }

  onEnd(span: ReadableSpan): void {
    this.#pipeline?.processor.onEnd(span);
    this.#fanout.onEnd(span);
  }

  async forceFlush(): Promise<void> {
    await Promise.all([this.#pipeline?.flush(), this.#fanout.forceFlush()]);
  }

  async shutdown(): Promise<void> {
    this.#pipeline?.sendOpenSpans();
    await Promise.all([this.#pipeline?.close(), this.#fanout.shutdown()]);
    this.#unwatchExit?.();
  }

  /** The provider's resource is known from its first span on. */
  #pipelineOf({ resource }: Span): Pipeline {
    if (this.#pipeline !== undefined) return this.#pipeline;
    const resolved = this.#resolved;
    const metrics = new LateMetrics(resolved.metrics !== undefined);
    const pipeline = createPipeline({
      resolved,
      jobs: this.#jobs,
      metrics,
      output: createSpanOutput(resolved, resource),
    });
    if (resolved.metrics !== undefined) {
      const { delivery } = pipeline;
      const parts = { resolved, resource, delivery, api };
      void metrics.arrive(createMetrics(resolved.metrics, parts));
    }
    this.#pipeline = pipeline;
    this.#unwatchExit = pipeline.watchExit();
    return pipeline;
  }

  #connect(module: LiveKitModule, provider: TracerProvider): InstallResult {
    const installer = new LiveKitInstaller({
      connection: {
        provider,
        addSpanProcessor: (processor) => this.#fanout.add(processor),
        allowPii: saidAllowPii(this.#resolved),
      },
      jobs: this.#jobs,
      isFound: false,
      note: undefined,
    });
    return installer.installGiven(module);
  }
}
