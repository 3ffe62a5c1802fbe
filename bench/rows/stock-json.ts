import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { RowOptions, RunningRow } from './row.js';
import { startStock } from './stock.js';

/** BatchSpanProcessor + OTLP/JSON, no mapping. */
export async function start(options: RowOptions): Promise<RunningRow> {
  return startStock(options, OTLPTraceExporter);
}
