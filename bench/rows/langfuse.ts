import { LangfuseSpanProcessor } from '@langfuse/otel';
import { FLUSH_DELAY_MILLIS, type RowOptions, type RunningRow } from './row.js';
import { startProvider } from './stock.js';

/** Its default filter would keep only the `gen_ai.*` spans; here it exports all, like the others. */
export async function start(options: RowOptions): Promise<RunningRow> {
  const processor = new LangfuseSpanProcessor({
    publicKey: 'pk-bench',
    secretKey: 'sk-bench',
    baseUrl: options.endpoint,
    flushInterval: FLUSH_DELAY_MILLIS / 1000 / options.timeScale,
    shouldExportSpan: () => true,
  });
  return startProvider(options, [processor]);
}
