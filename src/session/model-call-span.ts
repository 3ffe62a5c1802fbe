import {
  OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { MeasuredSpan } from './measured-span.js';

/**
 * Whether a span stands for one call of a model: exactly one span of each call does. Of LiveKit's
 * it is the request that is no adapter's, or the call of a realtime model; an instrumented client's
 * span counts where its tokens do.
 */
export function isModelCall(span: MeasuredSpan): boolean {
  if (span.isLiveKit) {
    if (span.name === LiveKitSpan.LLM_REQUEST) return !span.context.tokensBelow;
    return span.name === LiveKitSpan.REALTIME_INFERENCE;
  }
  if (span.text(S.OPENINFERENCE_SPAN_KIND) !== OpenInferenceSpanKind.LLM) return false;
  return !span.isBelowModelCall || span.has(S.LLM_TOKEN_COUNT_PROMPT);
}
