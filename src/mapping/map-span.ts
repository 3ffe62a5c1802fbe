import { MimeType, SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import {
  SpanStatusCode,
  type Attributes,
  type SpanContext,
  type SpanStatus,
} from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { readNativeSpan } from '../integrations/native-spans.js';
import { CatalystAttr } from '../semconv/catalyst-attributes.js';
import { GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import { asMessages, lastTextOf } from './conversation.js';
import { putLiveKitSpan } from './livekit-span-mapping.js';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan, mapSpanKind } from './livekit-spans.js';
import { putLlmCall } from './llm-call.js';
import { asBareSpan, MappedSpan, type AttributeEntry } from './mapped-span.js';
import type { MappingContext } from './mapping-context.js';
import { asText, parseJsonArray, readText } from './read-attributes.js';
import { putIdentity, putSession } from './session-attributes.js';
import { SpanMapping } from './span-mapping.js';
import { putTool, toolFailureMessage } from './tool.js';

export interface MappingOptions {
  /** Send raw content attributes even where the mapped ones have all of it. */
  readonly rawContent: boolean;
  /** The application's, for every span. Whatever else has their key wins. */
  readonly spanAttributes?: Attributes;
}

/**
 * Maps a span to OpenInference. All knowledge of the two schemas is in this folder. Pure: the raw
 * span is read and never written.
 *
 * Usually it is sent as one span. Up to 1.7.1 LiveKit records a realtime model's call on the
 * `agent_turn` (`voice/agent_activity.ts`); from 1.8 it has a `realtime_inference` below. The call
 * becomes that span here, before its turn, so that tokens are on an LLM span and turns are CHAIN in
 * every version.
 */
export function mapSpans(
  span: ReadableSpan,
  context: MappingContext,
  options: MappingOptions,
): readonly MappedSpan[] {
  if (span.instrumentationScope.name !== LIVEKIT_SCOPE_NAME) {
    const { attributes, status } = readNativeSpan(span);
    return [mapAs(span, span.name, attributes, context, options, status)];
  }
  if (!isRealtimeTurn(span)) return [mapAs(span, span.name, span.attributes, context, options)];
  const ofTurn: Attributes = {};
  const ofCall: Attributes = {};
  for (const key in span.attributes) {
    (OF_REALTIME_CALL.test(key) ? ofCall : ofTurn)[key] = span.attributes[key];
  }
  // Such a turn does not have the user's text, and the context's input is the turn's own.
  const output = readText(span.attributes, LiveKitAttr.RESPONSE_TEXT);
  const callContext = { ...context, input: undefined, output };
  const call = mapAs(span, LiveKitSpan.REALTIME_INFERENCE, ofCall, callContext, options);
  const turn = span.spanContext();
  const spanContext = { ...turn, spanId: realtimeCallSpanId(turn.spanId) };
  return [
    new MappedSpan(call, { spanContext, parentSpanContext: turn, events: [], links: [] }),
    mapAs(span, span.name, ofTurn, context, options),
  ];
}

/** What is still sent of a span whose mapping failed: that it was there, and its session. */
export function mapBareSpan(span: ReadableSpan, { sessionId }: MappingContext): MappedSpan {
  const kind = mapSpanKind(span.name, span.instrumentationScope.name, {});
  const entries: AttributeEntry[] = [{ key: S.OPENINFERENCE_SPAN_KIND, value: kind }];
  if (sessionId !== undefined) entries.push({ key: S.SESSION_ID, value: sessionId });
  return asBareSpan(span, entries);
}

function mapAs(
  span: ReadableSpan,
  name: string,
  attributes: Attributes,
  context: MappingContext,
  options: MappingOptions,
  status: SpanStatus = span.status,
): MappedSpan {
  const scopeName = span.instrumentationScope.name;
  const mapping = new SpanMapping(name, scopeName, attributes, context, options.rawContent);
  putAttributes(mapping, options);
  return new MappedSpan(span, {
    name,
    parentSpanContext: parentOf(span, context) ?? null,
    status: statusOf(mapping, status),
    entries: mapping.entries,
  });
}

/**
 * The order of the calls is the order on the wire. What is small comes first: a backend that cuts
 * attributes by count loses the tail of the oldest messages and never kind or tokens.
 */
function putAttributes(mapping: SpanMapping, options: MappingOptions): void {
  mapping.put(S.OPENINFERENCE_SPAN_KIND, mapping.kind);
  putIdentity(mapping);
  if (mapping.isLiveKit) putLiveKitSpan(mapping);
  else putGenAiSpan(mapping);
  putSession(mapping);
  mapping.put('error.type', mapping.context.failure?.errorType);
  if (mapping.context.isUnheard) mapping.put(CatalystAttr.SPEECH_HEARD, false);
  const { spanAttributes } = options;
  for (const key in spanAttributes) mapping.put(key, spanAttributes[key]);
  mapping.putRest();
}

const MODEL = [GenAiAttr.RESPONSE_MODEL, GenAiAttr.REQUEST_MODEL] as const;
const QUERY = [GenAiAttr.RETRIEVAL_QUERY, GenAiAttr.MEMORY_QUERY] as const;
const FOUND = [GenAiAttr.RETRIEVAL_DOCUMENTS, GenAiAttr.MEMORY_RECORDS] as const;

/**
 * Puts a span of another instrumentation that follows OpenTelemetry's GenAI conventions. A span that
 * follows OpenInference already, or neither, is passed on as it is.
 */
function putGenAiSpan(mapping: SpanMapping): void {
  const { raw, kind } = mapping;
  if (asText(raw[GenAiAttr.OPERATION_NAME]) === undefined) return;
  if (kind === 'LLM') putLlmCall(mapping);
  else if (kind === 'TOOL') putTool(mapping);
  else if (kind === 'EMBEDDING') mapping.put(S.EMBEDDING_MODEL_NAME, readText(raw, MODEL));
  else putStep(mapping);
}

/** Input and output of an agent, a search or another step; all of it stays raw too. */
function putStep(mapping: SpanMapping): void {
  const { raw } = mapping;
  const input = asMessages(parseJsonArray(raw[GenAiAttr.INPUT_MESSAGES]), 'user');
  const output = asMessages(parseJsonArray(raw[GenAiAttr.OUTPUT_MESSAGES]), 'assistant');
  mapping.putInput(readText(raw, QUERY) ?? lastTextOf(input, 'user'));
  const text = lastTextOf(output, 'assistant');
  const found = readText(raw, FOUND);
  if (text !== undefined) mapping.putOutput(text);
  else if (parseJsonArray(found) !== undefined) mapping.putOutput(found, MimeType.JSON);
}

/**
 * LiveKit sets ERROR on attempts only (`llm/llm.ts`, `tts/tts.ts`), so a failed tool, and a request,
 * node or turn whose last attempt failed, get theirs here. A status that is set stays.
 */
function statusOf({ name, isLiveKit, raw, context }: SpanMapping, status: SpanStatus): SpanStatus {
  // The span of `tracing.job` fails with the session below it, like LiveKit's own around it.
  if (status.code !== SpanStatusCode.UNSET || !(isLiveKit || context.job !== undefined))
    return status;
  if (name === LiveKitSpan.FUNCTION_TOOL && raw[LiveKitAttr.TOOL_IS_ERROR] === true) {
    return errorStatus(toolFailureMessage(raw));
  }
  return context.failure === undefined ? status : errorStatus(context.failure.message);
}

function errorStatus(message: string | undefined): SpanStatus {
  const code = SpanStatusCode.ERROR;
  return message === undefined ? { code } : { code, message };
}

/**
 * What was opened inside a tool goes below the tool: LiveKit has it next to it, under the turn. The
 * span that the application put around a job goes above LiveKit's own of that job.
 */
function parentOf(span: ReadableSpan, context: MappingContext): SpanContext | undefined {
  const { withinTool, belowSpanId, isRoot } = context;
  if (isRoot) return undefined;
  if (belowSpanId !== undefined) return { ...span.spanContext(), spanId: belowSpanId };
  const parent = span.parentSpanContext;
  if (parent === undefined || withinTool?.spanId === undefined) return parent;
  return { ...parent, spanId: withinTool.spanId };
}

/** Attributes of a realtime turn that belong to its model call. */
const OF_REALTIME_CALL =
  /^(?:lk\.realtime_model_metrics$|gen_ai\.(?:usage|request|response)\.|langfuse\.)/u;

function isRealtimeTurn({ name, attributes }: ReadableSpan): boolean {
  return name === LiveKitSpan.AGENT_TURN && attributes[LiveKitAttr.REALTIME_METRICS] !== undefined;
}

/** Made from the turn's id by turning each bit, so that sending it twice is the same span twice. */
function realtimeCallSpanId(turnSpanId: string): string {
  return (BigInt(`0x${turnSpanId}`) ^ 0xffff_ffff_ffff_ffffn).toString(16).padStart(16, '0');
}
