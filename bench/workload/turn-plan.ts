import { planModelCall } from './model-call-plan.js';
import { TOOL_DESCRIPTION, TOOL_NAME, type ToolCall } from './conversation.js';
import type { PlanBuilder } from './session-plan.js';

interface TurnOptions {
  /** Number of the agent_session span. */
  readonly session: number;
  readonly number: number;
  readonly startMillis: number;
  readonly callsTool: boolean;
}

const USER = {
  'lk.participant_id': 'PA_user',
  'lk.pii.participant_identity': 'caller@example.com',
  'lk.participant_kind': 'SIP',
};
const AGENT = {
  'lk.participant_id': 'PA_agent',
  'lk.pii.participant_identity': 'agent-1',
  'lk.participant_kind': 'AGENT',
};

/** Moments of a turn, in milliseconds from its start. */
const USER_STOPS = 3500;
const USER_COMMITS = 4000;
const TOOL_CALLED = 4700;
const TOOL_RETURNS = 5200;
const MODEL_MILLIS = 700;
const AGENT_SPEAKS = 5950;
const AGENT_STOPS = 9500;

/** One turn: 11 spans, or 16 when a tool is called (two model calls, two agent_turns). */
export function planTurn(builder: PlanBuilder, turn: TurnOptions): void {
  const { conversation } = builder;
  const at = (millis: number): number => turn.startMillis + millis;
  const userText = conversation.addUserMessage(at(USER_COMMITS));
  planUserTurn(builder, turn, userText);

  const speechId = `speech_${String(turn.number).padStart(8, '0')}-bench`;
  let replyAt = at(USER_COMMITS);
  let step = 0;
  if (turn.callsTool) {
    const call = conversation.createToolCall();
    const asking = builder.start(replyAt, 'agent_turn', turn.session);
    builder.set(replyAt, asking, () => ({
      ...agentTurn(builder, speechId),
      'lk.pii.user_input': userText,
    }));
    planModelCall(builder, {
      parent: asking,
      requestId: `chatcmpl-${String(turn.number)}-${String(step++)}`,
      startMillis: replyAt,
      endMillis: at(TOOL_CALLED),
      output: { call },
    });
    planToolCall(builder, asking, call, turn.startMillis);
    conversation.addToolCall(call, at(TOOL_RETURNS));
    builder.set(at(TOOL_RETURNS), asking, () => ({ ...AGENT, 'lk.interrupted': false }));
    builder.end(at(TOOL_RETURNS), asking);
    replyAt = at(TOOL_RETURNS);
  }

  const answering = builder.start(replyAt, 'agent_turn', turn.session);
  builder.set(replyAt, answering, () => ({
    ...agentTurn(builder, speechId),
    ...(step === 0 ? { 'lk.pii.user_input': userText } : {}),
  }));
  const reply = conversation.reply();
  planModelCall(builder, {
    parent: answering,
    requestId: `chatcmpl-${String(turn.number)}-${String(step)}`,
    startMillis: replyAt,
    endMillis: replyAt + MODEL_MILLIS,
    output: { text: reply },
  });
  planSpeech(builder, turn, answering, replyAt);
  const latency = conversation.seconds(0.6, 0.8);
  conversation.addAssistantMessage(reply, at(AGENT_STOPS));
  builder.set(at(AGENT_STOPS), answering, () => ({
    ...AGENT,
    'lk.e2e_latency': latency,
    'lk.interrupted': false,
    'lk.pii.response.text': reply,
  }));
  builder.end(at(AGENT_STOPS), answering);
}

function agentTurn({ room }: PlanBuilder, speechId: string): Readonly<Record<string, string>> {
  return {
    'gen_ai.operation.name': 'invoke_agent',
    'gen_ai.agent.name': 'default_agent',
    ...room,
    'lk.speech_id': speechId,
  };
}

function planUserTurn(builder: PlanBuilder, turn: TurnOptions, transcript: string): void {
  const { conversation } = builder;
  const at = (millis: number): number => turn.startMillis + millis;
  const length = conversation.length;
  const userTurn = builder.start(at(200), 'user_turn', turn.session);
  builder.set(at(200), userTurn, () => ({
    ...USER,
    'gen_ai.request.model': 'deepgram.STT',
    'gen_ai.provider.name': 'deepgram.STT',
  }));
  const speaking = builder.start(at(200), 'user_speaking', userTurn);
  builder.set(at(200), speaking, () => USER);
  builder.end(at(USER_STOPS), speaking);
  const endOfTurn = builder.start(at(USER_STOPS + 100), 'eou_detection', userTurn);
  const probability = conversation.seconds(0.5, 0.5);
  builder.set(at(USER_COMMITS - 20), endOfTurn, () => ({
    'lk.pii.chat_ctx': conversation.turnContextJson(length),
    'lk.eou.probability': probability,
    'lk.eou.unlikely_threshold': 0.15,
    'lk.eou.endpointing_delay': 500,
    'lk.eou.language': 'en',
    'lk.eou.from_cache': false,
    'lk.eou.source': 'stt',
  }));
  builder.end(at(USER_COMMITS - 20), endOfTurn);
  builder.set(at(USER_COMMITS), userTurn, () => ({
    'lk.pii.user_transcript': transcript,
    'lk.transcript_confidence': probability,
    'lk.transcription_delay': 180,
    'lk.end_of_turn_delay': 500,
    'lk.provider_request_ids': [`stt-req-${String(turn.number)}`],
  }));
  builder.end(at(USER_COMMITS), userTurn);
}

function planToolCall(
  builder: PlanBuilder,
  agentTurnSpan: number,
  call: ToolCall,
  turnStartMillis: number,
): void {
  const startMillis = turnStartMillis + TOOL_CALLED;
  const endMillis = turnStartMillis + TOOL_RETURNS;
  const tool = builder.start(startMillis, 'function_tool', agentTurnSpan);
  builder.set(startMillis, tool, () => ({
    'lk.function_tool.name': TOOL_NAME,
    'lk.pii.function_tool.arguments': call.argumentsJson,
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': TOOL_NAME,
    'gen_ai.tool.type': 'function',
    'gen_ai.tool.call.id': call.callId,
    'gen_ai.agent.name': 'default_agent',
    ...builder.room,
    'gen_ai.tool.description': TOOL_DESCRIPTION,
    'gen_ai.tool.call.arguments': call.argumentsJson,
  }));
  builder.set(endMillis, tool, () => ({
    'lk.pii.function_tool.output': call.resultJson,
    'lk.function_tool.is_error': false,
    'gen_ai.tool.call.result': call.resultJson,
  }));
  builder.end(endMillis, tool);
}

function planSpeech(
  builder: PlanBuilder,
  turn: TurnOptions,
  agentTurnSpan: number,
  startMillis: number,
): void {
  const { conversation } = builder;
  const at = (millis: number): number => turn.startMillis + millis;
  const requestId = `tts-req-${String(turn.number)}`;
  const ttfb = conversation.seconds(0.1, 0.2);
  const node = builder.start(startMillis, 'tts_node', agentTurnSpan);
  builder.set(startMillis, node, () => ({
    'gen_ai.request.model': 'sonic-2',
    'gen_ai.provider.name': 'Cartesia',
  }));
  const request = builder.start(startMillis, 'tts_request', node);
  builder.set(startMillis, request, () => ({
    'lk.tts.streaming': true,
    'lk.tts.label': 'cartesia.TTS',
  }));
  const run = builder.start(startMillis, 'tts_request_run', request);
  builder.set(startMillis, run, () => ({ 'lk.retry_count': 0 }));
  const speaking = builder.start(at(AGENT_SPEAKS), 'agent_speaking', agentTurnSpan);
  builder.set(at(AGENT_SPEAKS), speaking, () => AGENT);

  const endMillis = at(AGENT_SPEAKS + 600);
  builder.set(endMillis, run, () => ({ 'lk.provider_request_ids': [requestId] }));
  builder.end(endMillis, run);
  builder.set(endMillis, request, () => ({
    'lk.tts_metrics': JSON.stringify({
      type: 'tts_metrics',
      timestamp: 1_795_224_738_000 + endMillis,
      requestId,
      ttfbMs: Math.round(ttfb * 1000),
      durationMs: 1350,
      charactersCount: 340,
      audioDurationMs: 3550,
      cancelled: false,
      label: 'cartesia.TTS',
      inputTokens: 0,
      outputTokens: 0,
      streamed: true,
      metadata: { modelProvider: 'Cartesia', modelName: 'sonic-2' },
    }),
  }));
  builder.end(endMillis, request);
  builder.set(endMillis, node, () => ({ 'lk.response.ttfb': ttfb }));
  builder.end(endMillis, node);
  builder.end(at(AGENT_STOPS), speaking);
}
