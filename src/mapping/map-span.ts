import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import type { Attributes, SpanContext } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { putGenAiSpan } from './gen-ai-span-mapping.js';
import { putIdentity } from './identity-attributes.js';
import { putInput, putOutput } from './input-output.js';
import { putJob } from './job-facts.js';
import { putLiveKitSpan, RESPONSE_TEXT } from './livekit-span-mapping.js';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan } from './livekit-spans.js';
import { MappedSpan } from './mapped-span.js';
import { unmarkContent } from './marked-content.js';
import { observedVoiceKeys, putClosing, putObserved } from './observed.js';
import { readText } from './read-attributes.js';
import { realtimeCallSpanId, splitRealtimeTurn } from './realtime-turn.js';
import { putSessionSummary } from './session-summary.js';
import type { MappingContext, SpanInput } from './span-input.js';
import { mapSpanKind } from './span-kind.js';
import { SpanMapping } from './span-mapping.js';
import { mapSpanStatus } from './span-status.js';
import { putVoiceFields } from './voice.js';

/** How much of the raw span is sent beside its mapping. */
export interface MappingOptions {
  /** Send raw content attributes even where the mapped ones hold all of it. */
  readonly rawContent: boolean;
}

/**
 * Maps one span to OpenInference. This is the only schema knowledge there is. Pure: the raw span is
 * read and never written.
 */
export function mapSpan(
  span: ReadableSpan,
  context: MappingContext,
  options: MappingOptions,
): MappedSpan {
  return mapAs(span, span.name, span.attributes, context, options);
}

/**
 * The spans that one raw span is sent as. Up to LiveKit 1.7.1 a realtime turn holds its model call:
 * that becomes a span of its own, before the turn. Of every other span it is the span itself.
 */
export function mapSpans(
  span: ReadableSpan,
  context: MappingContext,
  options: MappingOptions,
): readonly MappedSpan[] {
  const realtime = splitRealtimeTurn(span.name, span.instrumentationScope.name, span.attributes);
  if (realtime === undefined) return [mapSpan(span, context, options)];
  return [
    mapRealtimeCall(span, realtime.call, context, options),
    mapAs(span, span.name, realtime.turn, context, options),
  ];
}

function mapAs(
  span: ReadableSpan,
  name: string,
  attributes: Attributes,
  context: MappingContext,
  options: MappingOptions,
): MappedSpan {
  const scopeName = span.instrumentationScope.name;
  const kind = mapSpanKind(name, scopeName, attributes);
  const input: SpanInput = { name, scopeName, kind, attributes, facts: context };
  return new MappedSpan(span, {
    name,
    parentSpanContext: parentOf(span, context) ?? null,
    status: mapSpanStatus(input, span.status),
    entries: mapAttributes(input, options),
  });
}

/**
 * The order of the calls is the order on the wire. What is small comes first: a backend that cuts
 * attributes by count loses the tail of the oldest messages and never kind or tokens.
 */
function mapAttributes(span: SpanInput, options: MappingOptions): MappedSpan['entries'] {
  const { kind, name, facts } = span;
  const isLiveKit = span.scopeName === LIVEKIT_SCOPE_NAME;
  const mapping = new SpanMapping(isLiveKit ? span.attributes : unmarkContent(span.attributes));
  mapping.put(SemanticConventions.OPENINFERENCE_SPAN_KIND, kind);
  putIdentity(mapping, span);
  if (isLiveKit) {
    const { observed } = facts;
    putVoiceFields(mapping, name, facts.tokensBelow, observedVoiceKeys(observed));
    if (observed !== undefined) putObserved(mapping, name, observed);
    putLiveKitSpan(mapping, name, facts);
  } else {
    putGenAiSpan(mapping, kind, facts);
  }
  putSession(mapping, facts);
  mapping.put('error.type', facts.failure?.errorType);
  if (facts.isUnheard) mapping.put('voice.speech_heard', false);
  mapping.putRest(options.rawContent);
  return mapping.entries;
}

/** What the root of a session says of all of it. */
function putSession(mapping: SpanMapping, facts: MappingContext): void {
  if (facts.summary !== undefined) putSessionSummary(mapping, facts.summary);
  if (facts.job === undefined) return;
  putInput(mapping, facts.input);
  putOutput(mapping, facts.output);
  if (facts.observed?.closing !== undefined) putClosing(mapping, facts.observed.closing);
  putJob(mapping, facts.job);
}

/**
 * What was opened inside a tool goes below the tool: LiveKit has it beside, under the turn. The span
 * that the application put around a job goes above LiveKit's own of that job.
 */
function parentOf(span: ReadableSpan, context: MappingContext): SpanContext | undefined {
  const { withinTool, belowSpanId, isRoot } = context;
  if (isRoot) return undefined;
  if (belowSpanId !== undefined) return { ...span.spanContext(), spanId: belowSpanId };
  const parent = span.parentSpanContext;
  if (parent === undefined || withinTool?.spanId === undefined) return parent;
  return { ...parent, spanId: withinTool.spanId };
}

function mapRealtimeCall(
  span: ReadableSpan,
  attributes: Attributes,
  context: MappingContext,
  options: MappingOptions,
): MappedSpan {
  // What the user said is not on such a turn, and the context's input is the turn's own.
  const callContext = {
    ...context,
    input: undefined,
    output: readText(span.attributes, RESPONSE_TEXT),
  };
  const turn = span.spanContext();
  return new MappedSpan(
    mapAs(span, LiveKitSpan.REALTIME_INFERENCE, attributes, callContext, options),
    {
      spanContext: { ...turn, spanId: realtimeCallSpanId(turn.spanId) },
      parentSpanContext: turn,
      events: [],
      links: [],
    },
  );
}
