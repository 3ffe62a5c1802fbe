import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import type { RowOptions, RunningRow } from './row.js';
import { startStock } from './stock.js';

/** BatchSpanProcessor + OTLP/protobuf, no mapping. */
export async function start(options: RowOptions): Promise<RunningRow> {
  return startStock(options, OTLPTraceExporter);
}
