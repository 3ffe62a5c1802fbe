import type { Tracer } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  ParentBasedSampler,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { OpenInferenceSpanProcessor } from '../processor/open-inference-span-processor.js';
import { Sdk1ProcessorAdapter } from './foreign-provider.js';

/**
 * Attributes of a live span. The SDK's 128 is reached by instrumented model clients after 28 turns,
 * and what they lose then is the newest message and the tokens.
 */
const ATTRIBUTE_COUNT_LIMIT = 10_000;

/**
 * A tracer provider that takes further span processors after it was built, as OpenTelemetry 1.x
 * did. What is added this way sees raw spans.
 */
export class CatalystTracerProvider extends NodeTracerProvider {
  readonly #processor: OpenInferenceSpanProcessor;
  #onTracer: ((scopeName: string) => void) | undefined;

  constructor(
    options: Pick<ResolvedOptions, 'sampler' | 'spanLimits'>,
    resource: Resource,
    processor: OpenInferenceSpanProcessor,
  ) {
    super({
      resource,
      spanLimits: {
        attributeCountLimit: ATTRIBUTE_COUNT_LIMIT,
        ...options.spanLimits,
        // Applied after redaction.
        attributeValueLengthLimit: Infinity,
      },
      spanProcessors: [processor],
      // Always set: the SDK would read OTEL_TRACES_SAMPLER once more, in its own way.
      sampler: options.sampler ?? new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    });
    this.#processor = processor;
  }

  /** Calls back with the name of every scope that asks for a tracer from now on. */
  watchTracers(onTracer: (scopeName: string) => void): void {
    this.#onTracer = onTracer;
  }

  override getTracer(...scope: Parameters<NodeTracerProvider['getTracer']>): Tracer {
    this.#onTracer?.(scope[0]);
    return super.getTracer(...scope);
  }

  /**
   * Adds a processor that sees every span of this provider from now on, raw. OpenTelemetry 2.x has
   * dropped this method, so whoever asks for it may be of 1.x.
   */
  addSpanProcessor(processor: SpanProcessor): void {
    this.#processor.addRawProcessor(new Sdk1ProcessorAdapter(processor));
  }
}
