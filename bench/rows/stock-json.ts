import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { batch, exporterOptions, startProvider } from './provider.js';
import type { RowOptions, RunningRow } from './row.js';

/** BatchSpanProcessor + OTLP/JSON, no mapping. */
export async function start(options: RowOptions): Promise<RunningRow> {
  return startProvider([batch(new OTLPTraceExporter(exporterOptions(options)), options)]);
}
