import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { createDeliveryProcessor, type DeliveryProcessor } from '../export/delivery-processor.js';
import type { LateMetrics } from '../metrics/late-metrics.js';
import {
  resolveOptions,
  warnWithoutEndpoint,
  type ResolvedOptions,
} from '../options/resolve-options.js';
import {
  OpenInferenceSpanProcessor,
  type OpenInferenceProcessorOptions,
} from './open-inference-span-processor.js';
import { APPLICATION_FAILURES, SpanProcessorFanout } from './span-processor-fanout.js';

/** The processor of decided options, and the batch processor that it hands spans to. */
export interface ComposedProcessor {
  readonly processor: OpenInferenceSpanProcessor;
  /** `undefined` without an endpoint. */
  readonly delivery: DeliveryProcessor | undefined;
  /** Whether spans go anywhere at all. */
  readonly sends: boolean;
}

/** Composes mapping, our batch processor, and the processors and exporters of the application. */
export function composeProcessor(
  resolved: ResolvedOptions,
  metrics?: LateMetrics,
): ComposedProcessor {
  const delivery = createDeliveryProcessor(resolved);
  const processors = [
    ...(delivery === undefined ? [] : [delivery]),
    ...resolved.spanProcessors,
    ...resolved.exporters.map((exporter) => new BatchSpanProcessor(exporter)),
  ];
  const next = new SpanProcessorFanout(processors, APPLICATION_FAILURES);
  const parts = { resolved, delivery, ...(metrics !== undefined && { metrics }) };
  const processor = new OpenInferenceSpanProcessor(next, undefined, parts);
  return { processor, delivery, sends: !next.isEmpty };
}

/**
 * The span path of `setup()` as a span processor for a tracer provider of your own: it maps every
 * span to OpenInference, applies the privacy options and sends it with the delivery of `setup()`.
 * To send with a processor of your own, use {@link OpenInferenceSpanProcessor}.
 *
 * Metrics, when they are on, are loaded with the first span and go through the meter provider that
 * the application has registered by then, else through one of ours with the resource of the spans.
 *
 * Options and environment are read as by `setup()`: a bad option throws `InvalidOptionError`, a bad
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
): OpenInferenceSpanProcessor {
  const resolved = resolveOptions(options);
  warnWithoutEndpoint(resolved);
  return composeProcessor(resolved).processor;
}
