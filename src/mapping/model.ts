import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Attributes } from '@opentelemetry/api';
import { readModelMetrics } from './model-metrics.js';
import { mapProvider } from './providers.js';
import { asText, isRecord, readText, type JsonRecord } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';

const REQUEST_PREFIX = 'gen_ai.request.';
const REQUEST_MODEL = 'gen_ai.request.model';
const RESPONSE_MODEL = 'gen_ai.response.model';
const PROVIDER = ['gen_ai.provider.name', 'gen_ai.system'] as const;
const FINISH_REASONS = 'gen_ai.response.finish_reasons';
const GEN_AI_SYSTEM = 'gen_ai.system';

/** Puts which model was called, whose it is, how it was called and how the answer ended. */
export function putModel(mapping: SpanMapping, failed: boolean): void {
  const raw = mapping.raw;
  const asked = asText(raw[REQUEST_MODEL]);
  const answered = asText(raw[RESPONSE_MODEL]);
  const metadata = metricsMetadata(mapping);
  // Of a realtime model, `gen_ai.request.model` holds its label in these versions.
  mapping.put(S.LLM_MODEL_NAME, answered ?? asText(metadata?.['modelName']) ?? asked);
  if (asked !== undefined && answered !== undefined && asked !== answered) {
    mapping.put(S.LLM_REQUEST_MODEL_NAME, asked);
    mapping.put(S.LLM_RESPONSE_MODEL_NAME, answered);
  }
  const reported = readText(raw, PROVIDER) ?? asText(metadata?.['modelProvider']);
  const provider = mapProvider(reported);
  mapping.put(S.LLM_PROVIDER, provider?.provider);
  mapping.put(S.LLM_SYSTEM, provider?.system);
  mapping.put(GEN_AI_SYSTEM, provider === undefined ? undefined : reported);
  mapping.put(S.LLM_INVOCATION_PARAMETERS, invocationParameters(raw));
  mapping.put(S.LLM_FINISH_REASON, finishReason(raw, failed));
}

/** Up to 1.7.1 the provider of a request, and a realtime model's name, stand in the metrics alone. */
function metricsMetadata(mapping: SpanMapping): JsonRecord | undefined {
  if (mapping.raw['gen_ai.provider.name'] !== undefined) return undefined;
  const metadata = readModelMetrics(mapping)?.['metadata'];
  return isRecord(metadata) ? metadata : undefined;
}

/** Everything that was asked of the model beside its name and the messages, as JSON. */
function invocationParameters(raw: Attributes): string | undefined {
  let parameters: Record<string, unknown> | undefined;
  for (const key in raw) {
    if (!key.startsWith(REQUEST_PREFIX) || key === REQUEST_MODEL) continue;
    parameters ??= {};
    parameters[key.slice(REQUEST_PREFIX.length)] = raw[key];
  }
  return parameters === undefined ? undefined : JSON.stringify(parameters);
}

/**
 * LiveKit makes the finish reason up: a failed call says `stop`, a cancelled one `error`
 * (`telemetry/gen_ai.ts`). Both are put right here; every other word stays.
 */
function finishReason(raw: Attributes, failed: boolean): string | undefined {
  const reasons = raw[FINISH_REASONS];
  const [reason] = Array.isArray(reasons) ? reasons : [reasons];
  if (typeof reason !== 'string') return undefined;
  if (failed) return 'error';
  return reason === 'error' && isCancelled(raw) ? 'cancelled' : reason;
}

/** Whether LiveKit's own metrics say that the call was cancelled, as by an interruption. */
export function isCancelled(raw: Attributes): boolean {
  const metrics = raw['lk.llm_metrics'] ?? raw['lk.realtime_model_metrics'];
  return typeof metrics === 'string' && metrics.includes('"cancelled":true');
}
