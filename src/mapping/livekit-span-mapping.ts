import { LiveKitAttr } from '../semconv/raw-attributes.js';
import { lastTextOf, takeChatContext } from './conversation.js';
import { LiveKitSpan } from './livekit-spans.js';
import { putAnswer, putLlmCall, putModel } from './llm-call.js';
import { INPUT_MESSAGES, OUTPUT_MESSAGES } from './messages.js';
import { asText } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';
import { putTokenCounts } from './token-counts.js';
import { putTool } from './tool.js';
import { putTurnLatency } from './turn-latency.js';
import { putVoice } from './voice.js';

/** AMD used the transcript of the user in LiveKit 1.2.7 to 1.3.x. */
const AMD_TRANSCRIPT = [...LiveKitAttr.AMD_TRANSCRIPT, ...LiveKitAttr.USER_TRANSCRIPT] as const;

/** Spans with their own mapping. Every other one keeps its attributes. */
const MAPPERS: ReadonlyMap<string, (mapping: SpanMapping) => void> = new Map([
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

/** Puts a LiveKit span: the voice attributes, and what only spans of its name have. */
export function putLiveKitSpan(mapping: SpanMapping): void {
  putVoice(mapping);
  MAPPERS.get(mapping.name)?.(mapping);
}

/** Backends build their session list from the input and output of the root. */
function putSummary(mapping: SpanMapping): void {
  mapping.putInput(mapping.context.input);
  mapping.putOutput(mapping.context.output);
}

/**
 * Of an observed session the whole conversation: the agent's last messages are its output,
 * everything before them its input, so that the order of the two sides is kept.
 */
function putSessionSpan(mapping: SpanMapping): void {
  putSummary(mapping);
  const { transcript = [] } = mapping.context;
  const lastHeard = transcript.findLastIndex(({ role }) => role !== 'assistant');
  mapping.putMessages(INPUT_MESSAGES, transcript.slice(0, lastHeard + 1));
  mapping.putMessages(OUTPUT_MESSAGES, transcript.slice(lastHeard + 1));
}

/**
 * The text the turn answers and the text that was really played. A later step of a tool loop
 * answers the text of its first; a turn that nobody spoke before answers its instructions.
 */
function putAgentTurn(mapping: SpanMapping): void {
  putTurnLatency(mapping);
  const { input, exchange } = mapping.context;
  // The system message of the turn's model call has its instructions as well.
  const instructions = asText(mapping.takeText(LiveKitAttr.INSTRUCTIONS));
  const said = asText(mapping.takeText(LiveKitAttr.USER_INPUT));
  mapping.putInput(said ?? input ?? exchange?.userText ?? instructions);
  const answer = asText(mapping.takeText(LiveKitAttr.RESPONSE_TEXT));
  mapping.putOutput(answer ?? lastTextOf(exchange?.output ?? [], 'assistant'));
}

function putUserTurn(mapping: SpanMapping): void {
  mapping.putInput(asText(mapping.takeText(LiveKitAttr.USER_TRANSCRIPT)));
}

/**
 * A realtime model leaves neither messages nor tool calls on its spans (`telemetry/utils.ts`). Of
 * observed sessions, the messages are those that are new since the call before: the provider keeps
 * the rest of the conversation.
 */
function putRealtimeCall(mapping: SpanMapping): void {
  putLateRealtimeMetrics(mapping);
  const { exchange } = mapping.context;
  if (exchange === undefined) return;
  mapping.putMessages(INPUT_MESSAGES, exchange.input);
  mapping.putMessages(OUTPUT_MESSAGES, exchange.output);
}

/** The call's own span, above, has the messages. */
function putLateRealtimeMetrics(mapping: SpanMapping): void {
  putModel(mapping);
  putTokenCounts(mapping);
  const { exchange, output } = mapping.context;
  if (exchange === undefined) return mapping.putOutput(output);
  mapping.putInput(exchange.userText);
  putAnswer(mapping, exchange.output);
}

/** The last items of the conversation, which the model call after it has in full. */
function putEndOfUtterance(mapping: SpanMapping): void {
  mapping.putInput(lastTextOf(takeChatContext(mapping), 'user'));
}

function putMachineDetection(mapping: SpanMapping): void {
  mapping.putInput(asText(mapping.takeText(AMD_TRANSCRIPT)));
  mapping.putOutput(asText(mapping.raw[LiveKitAttr.AMD_CATEGORY]));
}
