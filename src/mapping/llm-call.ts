import { MimeType, SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Attributes } from '@opentelemetry/api';
import { GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import {
  CONVERSATION_KEYS,
  lastTextOf,
  takeAnswer,
  takeConversation,
  textOfParts,
  toolCallsText,
  type Message,
} from './conversation.js';
import { LiveKitSpan } from './livekit-spans.js';
import { INPUT_MESSAGES, OUTPUT_MESSAGES } from './messages.js';
import { mapProvider } from './providers.js';
import { asRecord, asText, parseJsonArray, readText } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';
import { putTokenCounts } from './token-counts.js';

const PROVIDER = [GenAiAttr.PROVIDER_NAME, GenAiAttr.SYSTEM] as const;
/** What LiveKit's adapters call their model (`llm/fallback_adapter.ts`). */
const ADAPTER = 'FallbackAdapter';
const TOOLS_PREFIX = `${S.LLM_TOOLS}.`;

/**
 * Puts an LLM span. Of the spans that describe one model call, the one with the conversation gets
 * the messages and the one with the usage gets the tokens; the others carry short input and output.
 */
export function putLlmCall(mapping: SpanMapping): void {
  putModel(mapping);
  if (mapping.context.tokensBelow) mapping.omitUsage();
  else putTokenCounts(mapping);
  if (mapping.context.messagesBelow) putAboveConversation(mapping);
  else putOwnConversation(mapping);
}

/** Puts which model was called, by whom it is hosted, how it was called and how the answer ended. */
export function putModel(mapping: SpanMapping): void {
  const { raw, context } = mapping;
  // Up to 1.7.1 the provider of a request, and a realtime model's name, are in the metrics only.
  const metadata =
    raw[GenAiAttr.PROVIDER_NAME] === undefined
      ? asRecord(mapping.modelMetrics()['metadata'])
      : undefined;
  putModelName(mapping, asText(metadata?.['modelName']));
  const reported = readText(raw, PROVIDER) ?? asText(metadata?.['modelProvider']);
  const provider = mapProvider(reported);
  mapping.put(S.LLM_PROVIDER, provider?.provider);
  mapping.put(S.LLM_SYSTEM, provider?.system);
  if (provider !== undefined) mapping.put(GenAiAttr.SYSTEM, reported);
  mapping.put(S.LLM_INVOCATION_PARAMETERS, invocationParameters(raw));
  mapping.put(S.LLM_FINISH_REASON, finishReason(mapping, context.failure !== undefined));
}

/**
 * The model's name is on the span that has the tokens of the call. Langfuse tokenizes and prices
 * every span with the name of a model that it knows, text and no usage, so the call would be paid
 * for twice. Of an adapter the name is the adapter's own anyway.
 */
function putModelName(mapping: SpanMapping, inMetrics: string | undefined): void {
  const { raw, context } = mapping;
  const asked = asText(raw[GenAiAttr.REQUEST_MODEL]);
  const answered = asText(raw[GenAiAttr.RESPONSE_MODEL]);
  // Of a realtime model up to 1.7.1, `gen_ai.request.model` is its label.
  const model = answered ?? inMetrics ?? asked;
  if (context.tokensBelow || model === ADAPTER || hasLateMetrics(mapping)) {
    mapping.omit(GenAiAttr.REQUEST_MODEL);
    mapping.omit(GenAiAttr.RESPONSE_MODEL);
    return;
  }
  mapping.put(S.LLM_MODEL_NAME, model);
  if (asked !== undefined && answered !== undefined && asked !== answered) {
    mapping.put(S.LLM_REQUEST_MODEL_NAME, asked);
    mapping.put(S.LLM_RESPONSE_MODEL_NAME, answered);
  }
}

/**
 * Metrics of a realtime call that come after its span has ended get a span below it
 * (`telemetry/utils.ts`), which has tokens and model. A failed call gets none.
 */
function hasLateMetrics({ name, isLiveKit, raw, context }: SpanMapping): boolean {
  if (!isLiveKit || name !== LiveKitSpan.REALTIME_INFERENCE) return false;
  return raw[LiveKitAttr.REALTIME_METRICS] === undefined && context.failure === undefined;
}

/** Everything that was asked of the model apart from its name and the messages, as JSON. */
function invocationParameters(raw: Attributes): string | undefined {
  let parameters: Record<string, unknown> | undefined;
  for (const key in raw) {
    if (!key.startsWith(GenAiAttr.REQUEST_PREFIX) || key === GenAiAttr.REQUEST_MODEL) continue;
    parameters ??= {};
    parameters[key.slice(GenAiAttr.REQUEST_PREFIX.length)] = raw[key];
  }
  return parameters === undefined ? undefined : JSON.stringify(parameters);
}

/**
 * LiveKit makes the finish reason up: a failed call says `stop`, a cancelled one `error`
 * (`telemetry/gen_ai.ts`). Both are corrected here; every other reason stays.
 */
function finishReason(mapping: SpanMapping, failed: boolean): string | undefined {
  const reasons = mapping.raw[GenAiAttr.FINISH_REASONS];
  const reason = asText(Array.isArray(reasons) ? reasons[0] : reasons);
  if (reason === undefined) return undefined;
  if (failed) return 'error';
  return reason === 'error' && isCancelled(mapping) ? 'cancelled' : reason;
}

/** Whether LiveKit's own metrics say that the call was cancelled, as by an interruption. */
export function isCancelled(mapping: SpanMapping): boolean {
  return mapping.modelMetrics()['cancelled'] === true;
}

/** The history is not even parsed here: it is most of all bytes, and a span below has it. */
function putAboveConversation(mapping: SpanMapping): void {
  const { input, output } = mapping.context;
  mapping.replace(...CONVERSATION_KEYS, GenAiAttr.TOOL_DEFINITIONS);
  mapping.putInput(input);
  putAnswer(mapping, takeAnswer(mapping));
  mapping.putOutput(output);
}

function putOwnConversation(mapping: SpanMapping): void {
  const { system, input, output } = takeConversation(mapping);
  // Where nobody spoke, the model was asked by its instructions.
  mapping.putInput(lastTextOf(input, 'user') ?? lastTextOf(input, 'system') ?? textOfParts(system));
  putAnswer(mapping, output);
  mapping.putMessages(INPUT_MESSAGES, input, system);
  mapping.putMessages(OUTPUT_MESSAGES, output);
  putToolDefinitions(mapping);
}

/** Puts the text of an answer; the tool calls, of one that has none. */
export function putAnswer(mapping: SpanMapping, output: readonly Message[]): void {
  const text = lastTextOf(output, 'assistant');
  if (text !== undefined) mapping.putOutput(text);
  else mapping.putOutput(toolCallsText(output), MimeType.JSON);
}

/** Tool definitions as LiveKit records them: without parameters, and up to 1.7.1 by name alone. */
function putToolDefinitions(mapping: SpanMapping): void {
  if (mapping.hasUnder(TOOLS_PREFIX)) return;
  const recorded = mapping.takeArray(GenAiAttr.TOOL_DEFINITIONS);
  const tools = recorded ?? parseJsonArray(mapping.raw[LiveKitAttr.FUNCTION_TOOLS]) ?? [];
  for (const [index, tool] of tools.entries()) {
    const definition = recorded === undefined ? { type: 'function', name: tool } : tool;
    const key = `${TOOLS_PREFIX}${index}.${S.TOOL_JSON_SCHEMA}`;
    mapping.entries.push({ key, value: JSON.stringify(definition) });
  }
}
