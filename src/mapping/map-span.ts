import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import type { AttributeValue } from '@opentelemetry/api';
import type { ConversationHistories } from '../history/conversation-histories.js';
import type { AttributeSink } from './attribute-sink.js';
import { putGenAiSpan } from './gen-ai-span-mapping.js';
import { putIdentity } from './identity-attributes.js';
import { putLiveKitSpan } from './livekit-span-mapping.js';
import { LIVEKIT_SCOPE_NAME } from './livekit-spans.js';
import { unmarkContent } from './marked-content.js';
import { putInput, putOutput } from './input-output.js';
import { putJob } from './job-facts.js';
import { observedVoiceKeys, putClosing, putObserved } from './observed.js';
import type { SpanInput } from './span-input.js';
import { putSessionSummary } from './session-summary.js';
import { SpanMapping } from './span-mapping.js';
import { putVoiceFields } from './voice.js';

/** How much of the raw span goes out beside its mapping. */
export interface MapSpanOptions {
  /** Send raw content attributes even where the mapped ones hold all of it. */
  readonly rawContent: boolean;
  /** What earlier model calls of the open sessions had; without it every message is put anew. */
  readonly histories?: ConversationHistories;
}

/** What a span says in short, for those above it that are summed up from those below. */
export interface SpanWords {
  readonly input: string | undefined;
  readonly output: string | undefined;
}

/** A span that was put, as far as others ask about it. */
export interface MappedSpan extends SpanWords {
  /** What went out under a key that holds no content. */
  figure(key: string): AttributeValue | undefined;
}

/**
 * Puts one span as OpenInference into the sink: the only schema knowledge there is. With a sink of
 * bytes this is the hot path, with a sink of objects the view for exporters.
 *
 * The order of the calls is the order on the wire. What fits into few bytes comes first, so that a
 * backend which cuts attributes by count loses the oldest messages' tail and never kind or tokens.
 */
export function mapSpan(span: SpanInput, sink: AttributeSink, options: MapSpanOptions): MappedSpan {
  const isLiveKit = span.scopeName === LIVEKIT_SCOPE_NAME;
  const raw = isLiveKit ? span.attributes : unmarkContent(span.attributes);
  const mapping = new SpanMapping(raw, sink, options.histories);
  const { kind } = span;
  mapping.put(SemanticConventions.OPENINFERENCE_SPAN_KIND, kind, 'none');
  putIdentity(mapping, span);
  if (isLiveKit) {
    const { observed } = span.facts;
    putVoiceFields(mapping, span.name, span.facts.tokensBelow, observedVoiceKeys(observed));
    if (observed !== undefined) putObserved(mapping, span.name, observed);
    putLiveKitSpan(mapping, span.name, span.facts);
  } else {
    putGenAiSpan(mapping, kind, span.facts);
  }
  putSession(mapping, span);
  mapping.putRest(options.rawContent);
  return mapping;
}

/** What the root of a session says of all of it. */
function putSession(mapping: SpanMapping, { facts }: SpanInput): void {
  if (facts.summary !== undefined) putSessionSummary(mapping, facts.summary);
  if (facts.job === undefined) return;
  putInput(mapping, facts.input);
  putOutput(mapping, facts.output);
  if (facts.observed?.closing !== undefined) putClosing(mapping, facts.observed.closing);
  putJob(mapping, facts.job);
}
