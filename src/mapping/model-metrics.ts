import type { JsonRecord } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';

const REALTIME_METRICS = 'lk.realtime_model_metrics';
const LLM_METRICS = 'lk.llm_metrics';

/** LiveKit's own metrics of a model call (`metrics/base.ts`), of a realtime model or another. */
export function readModelMetrics(mapping: SpanMapping): JsonRecord | undefined {
  const isRealtime = (mapping.raw[REALTIME_METRICS] ?? undefined) !== undefined;
  return mapping.rawRecord(isRealtime ? REALTIME_METRICS : LLM_METRICS);
}
