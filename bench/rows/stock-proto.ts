import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { batch, exporterOptions, startProvider } from './provider.js';
import type { RowOptions, RunningRow } from './row.js';

/** BatchSpanProcessor + OTLP/protobuf, no mapping: what every ratio is relative to. */
export async function start(options: RowOptions): Promise<RunningRow> {
  return startProvider([batch(new OTLPTraceExporter(exporterOptions(options)), options)]);
}
