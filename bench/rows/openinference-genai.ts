import { convertGenAISpanAttributesToOpenInferenceSpanAttributes } from '@arizeai/openinference-genai';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { batch, exporterOptions, startProvider } from './provider.js';
import type { RowOptions, RunningRow } from './row.js';

/** The converter used in the exporter, as its README shows, then OTLP/protobuf. */
export async function start(options: RowOptions): Promise<RunningRow> {
  const exporter = new OTLPTraceExporter(exporterOptions(options));
  const converting: SpanExporter = {
    export: (spans, done) => exporter.export(spans.map(converted), done),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
  return startProvider([batch(converting, options)]);
}

function converted(span: ReadableSpan): ReadableSpan {
  const openInference = convertGenAISpanAttributesToOpenInferenceSpanAttributes(span.attributes);
  // A view: the span itself belongs to every other exporter of the process too.
  return Object.create(span, {
    attributes: { value: { ...span.attributes, ...openInference }, enumerable: true },
  });
}
