import { putInput, putOutput } from './input-output.js';
import { LiveKitSpan } from './livekit-spans.js';
import { putAnswer, putLlmCall } from './llm-call.js';
import { INPUT_SIDE, OUTPUT_SIDE, type MessageSide } from './message-side.js';
import { readContextMessages } from './conversation.js';
import { lastTextOf } from './message-text.js';
import { putMessages } from './put-messages.js';
import { putModel } from './model.js';
import { asText, firstPresent, isRecord, readText } from './read-attributes.js';
import type { MappingContext } from './span-input.js';
import type { SpanMapping } from './span-mapping.js';
import { putTokenCounts } from './token-counts.js';
import { putTool } from './tool.js';

type SpanMapper = (mapping: SpanMapping, facts: MappingContext) => void;

export const USER_INPUT: readonly string[] = ['lk.pii.user_input', 'lk.user_input'];
export const RESPONSE_TEXT: readonly string[] = ['lk.pii.response.text', 'lk.response.text'];
export const USER_TRANSCRIPT: readonly string[] = ['lk.pii.user_transcript', 'lk.user_transcript'];
const INSTRUCTIONS = ['lk.pii.instructions', 'lk.instructions'] as const;
/** AMD used the transcript of the user in LiveKit 1.2.7 to 1.3.x. */
const AMD_TRANSCRIPT = ['lk.pii.amd.transcript', 'lk.amd.transcript', ...USER_TRANSCRIPT] as const;

/** The spans that have a mapping of their own, beside what every LiveKit span gets. */
const MAPPERS: ReadonlyMap<string, SpanMapper> = new Map<string, SpanMapper>([
  [LiveKitSpan.JOB_ENTRYPOINT, putSummary],
  [LiveKitSpan.AGENT_SESSION, putSessionSpan],
  [LiveKitSpan.AGENT_TURN, putAgentTurn],
  [LiveKitSpan.USER_TURN, putUserTurn],
  [LiveKitSpan.AGENT_SPEAKING, putSummary],
  [LiveKitSpan.LLM_NODE, putLlmCall],
  [LiveKitSpan.LLM_REQUEST, putLlmCall],
  [LiveKitSpan.REALTIME_INFERENCE, putRealtimeCall],
  [LiveKitSpan.REALTIME_METRICS, putLateRealtimeMetrics],
  [LiveKitSpan.FUNCTION_TOOL, putTool],
  [LiveKitSpan.EOU_DETECTION, putEndOfUtterance],
  [LiveKitSpan.ANSWERING_MACHINE_DETECTION, putMachineDetection],
]);

/** Puts what only this kind of LiveKit span has. A span that is not listed keeps its attributes. */
export function putLiveKitSpan(mapping: SpanMapping, name: string, facts: MappingContext): void {
  MAPPERS.get(name)?.(mapping, facts);
}

/** Backends build their session list from the input and output of the root. */
function putSummary(mapping: SpanMapping, facts: MappingContext): void {
  putInput(mapping, facts.input);
  putOutput(mapping, facts.output);
}

/**
 * Of an observed session the whole conversation: the agent's last words are its output, everything
 * before them its input, so that the order of the two sides is kept.
 */
function putSessionSpan(mapping: SpanMapping, facts: MappingContext): void {
  putSummary(mapping, facts);
  const transcript = facts.observed?.transcript ?? [];
  const lastHeard = transcript.findLastIndex((message) => !isOfAssistant(message));
  putUnlessSet(mapping, INPUT_SIDE, transcript.slice(0, lastHeard + 1));
  putUnlessSet(mapping, OUTPUT_SIDE, transcript.slice(lastHeard + 1));
}

/** Messages that somebody set on the span win, and no key is sent twice. */
function putUnlessSet(mapping: SpanMapping, side: MessageSide, messages: readonly unknown[]): void {
  if (!mapping.hasUnder(side.prefix)) putMessages(mapping, side, messages, 0);
}

function isOfAssistant(message: unknown): boolean {
  return isRecord(message) && message['role'] === 'assistant';
}

/**
 * The words the turn answers and the words that were really played. A later step of a tool loop
 * answers the words of its first; a turn that nobody spoke before answers its instructions.
 */
function putAgentTurn(mapping: SpanMapping, facts: MappingContext): void {
  // The instructions of a turn stand in the system message of its model call as well.
  const instructions = take(mapping, INSTRUCTIONS);
  const words = take(mapping, USER_INPUT) ?? facts.input ?? facts.observed?.exchange?.words;
  putInput(mapping, words ?? instructions);
  const answer = facts.observed?.exchange?.output ?? [];
  putOutput(mapping, take(mapping, RESPONSE_TEXT) ?? lastTextOf(answer, 'assistant'));
}

function putUserTurn(mapping: SpanMapping): void {
  putInput(mapping, take(mapping, USER_TRANSCRIPT));
}

/**
 * A realtime model leaves neither messages nor tool calls on its spans (`telemetry/utils.ts`): of
 * observed sessions, the messages are those that are new since the call before. The provider keeps
 * the rest of the conversation.
 */
function putRealtimeCall(mapping: SpanMapping, facts: MappingContext): void {
  putLateRealtimeMetrics(mapping, facts);
  const exchange = facts.observed?.exchange;
  if (exchange === undefined) return;
  putUnlessSet(mapping, INPUT_SIDE, exchange.input);
  putUnlessSet(mapping, OUTPUT_SIDE, exchange.output);
}

/** The call's own span, above, has the messages. */
function putLateRealtimeMetrics(mapping: SpanMapping, facts: MappingContext): void {
  putModel(mapping, facts.failure !== undefined);
  putTokenCounts(mapping);
  const exchange = facts.observed?.exchange;
  if (exchange === undefined) {
    putOutput(mapping, facts.output);
    return;
  }
  putInput(mapping, exchange.words);
  putAnswer(mapping, exchange.output);
}

/** The last items of the conversation, which the model call after it holds whole. */
function putEndOfUtterance(mapping: SpanMapping): void {
  const { key, messages } = readContextMessages(mapping.raw);
  putInput(mapping, lastTextOf(messages, 'user'));
  mapping.replace(key);
}

function putMachineDetection(mapping: SpanMapping): void {
  putInput(mapping, take(mapping, AMD_TRANSCRIPT));
  putOutput(mapping, readText(mapping.raw, ['lk.amd.category']));
}

/** The text under the first of these keys that is recorded, which it now stands for. */
function take(mapping: SpanMapping, keys: readonly string[]): string | undefined {
  const key = firstPresent(mapping.raw, keys);
  if (key === undefined || typeof mapping.raw[key] !== 'string') return undefined;
  mapping.replace(key);
  return asText(mapping.raw[key]);
}
