import { ROOT_CONTEXT, trace, type Attributes, type Span, type Tracer } from '@opentelemetry/api';

// What LiveKit Agents 1.9 sets on the spans of a call, in the order in which it opens and ends them.

const ROOM = { 'gen_ai.conversation.id': 'RM_rehearsal' };
const AGENT_NAME = { 'gen_ai.agent.name': 'default_agent' };
const MODEL = { 'gen_ai.request.model': 'gpt-4.1-mini', 'gen_ai.provider.name': 'openai' };
const CALLER = {
  'lk.participant_id': 'PA_user',
  'lk.pii.participant_identity': 'caller',
  'lk.participant_kind': 'SIP',
};
const METADATA = { modelProvider: 'openai', modelName: 'gpt-4.1-mini' };
/** Longer than the texts that are encoded in one go. */
const WORDS = 'Thank you for calling, how may I help you today? '.repeat(4);
const TOOL = { type: 'tool_call', id: 'call_1', name: 'lookup', arguments: { order: 1 } };
const TOOL_ANSWER = { type: 'tool_call_response', id: 'call_1', response: { state: 'sent' } };

interface Message {
  readonly role: string;
  readonly parts: readonly unknown[];
}

/**
 * Plays a turn in which the agent calls a tool and then speaks, so that the second model call goes
 * on where the first one was. `afterAnswer` is awaited after each: the event loop turns meanwhile.
 */
export async function playCall(tracer: Tracer, afterAnswer: () => Promise<unknown>): Promise<void> {
  const open = (name: string, above: Span | undefined, attributes: Attributes): Span => {
    const around = above === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, above);
    return tracer.startSpan(name, {}, around).setAttributes(attributes);
  };
  const messages: Message[] = [];
  const session = open('agent_session', undefined, { ...AGENT_NAME, ...ROOM });
  const activity = open('start_agent_activity', session, { ...AGENT_NAME, ...ROOM });
  close(open('on_enter', activity, { 'lk.agent_label': 'default_agent' }), {});
  close(activity, {});
  messages.push(said('user'));
  playUserTurn(open, session, messages);
  playAnswer(open, session, messages, { role: 'assistant', parts: [TOOL] });
  messages.push({ role: 'assistant', parts: [TOOL] }, { role: 'tool', parts: [TOOL_ANSWER] });
  await afterAnswer();
  playAnswer(open, session, messages, said('assistant'));
  await afterAnswer();
  close(session, {});
}

type Open = (name: string, above: Span | undefined, attributes: Attributes) => Span;

function close(span: Span, attributes: Attributes): void {
  span.setAttributes(attributes).end();
}

function said(role: string): Message {
  return { role, parts: [{ type: 'text', content: WORDS }] };
}

function playUserTurn(open: Open, session: Span, messages: readonly Message[]): void {
  const turn = open('user_turn', session, { ...CALLER, ...MODEL });
  close(open('user_speaking', turn, CALLER), {});
  close(open('eou_detection', turn, {}), {
    'lk.pii.chat_ctx': chatContext(messages),
    'lk.eou.probability': 0.9,
    'lk.eou.endpointing_delay': 500,
    'lk.eou.language': 'en',
    'lk.eou.from_cache': false,
  });
  close(turn, {
    'lk.pii.user_transcript': WORDS,
    'lk.transcript_confidence': 0.9,
    'lk.transcription_delay': 180,
    'lk.end_of_turn_delay': 500,
    'lk.provider_request_ids': ['stt'],
  });
}

function playAnswer(
  open: Open,
  session: Span,
  messages: readonly Message[],
  answer: Message,
): void {
  const turn = open('agent_turn', session, {
    'gen_ai.operation.name': 'invoke_agent',
    ...AGENT_NAME,
    ...ROOM,
    'lk.speech_id': 'speech_1',
    'lk.pii.user_input': WORDS,
  });
  playModelCall(open, turn, messages, answer);
  if (answer.parts.includes(TOOL)) playTool(open, turn);
  else playSpeech(open, turn);
  close(turn, {
    'lk.participant_id': 'PA_agent',
    'lk.e2e_latency': 0.75,
    'lk.interrupted': false,
    'lk.pii.response.text': WORDS,
  });
}

function playModelCall(
  open: Open,
  turn: Span,
  messages: readonly Message[],
  answer: Message,
): void {
  const node = open('llm_node', turn, {
    'lk.pii.chat_ctx': chatContext(messages),
    'lk.function_tools': '["lookup"]',
  });
  const request = open('llm_request', node, {
    ...MODEL,
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.stream': true,
    ...ROOM,
    'gen_ai.system_instructions': JSON.stringify(said('system').parts),
    'gen_ai.input.messages': JSON.stringify(messages),
    'gen_ai.tool.definitions': '[{"type":"function","name":"lookup"}]',
  });
  close(open('llm_request_run', request, { 'lk.retry_count': 0 }), {
    'lk.provider_request_ids': ['llm'],
  });
  close(request, {
    'lk.llm_metrics': JSON.stringify({ ttftMs: 300, tokensPerSecond: 90.5, metadata: METADATA }),
    'gen_ai.usage.input_tokens': 900,
    'gen_ai.usage.output_tokens': 84,
    'gen_ai.usage.cache_read.input_tokens': 768,
    'gen_ai.response.id': 'llm',
    'gen_ai.response.model': MODEL['gen_ai.request.model'],
    'gen_ai.response.finish_reasons': ['stop'],
    'gen_ai.response.time_to_first_chunk': 0.3,
    'gen_ai.output.messages': JSON.stringify([answer]),
  });
  close(node, {
    ...MODEL,
    'lk.pii.response.text': WORDS,
    'lk.pii.response.function_calls': '[]',
    'lk.response.ttft': 0.3,
  });
}

function playTool(open: Open, turn: Span): void {
  const given = JSON.stringify(TOOL.arguments);
  const tool = open('function_tool', turn, {
    ...AGENT_NAME,
    ...ROOM,
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': TOOL.name,
    'gen_ai.tool.call.id': TOOL.id,
    'gen_ai.tool.call.arguments': given,
    'lk.pii.function_tool.arguments': given,
  });
  const returned = JSON.stringify(TOOL_ANSWER.response);
  close(tool, {
    'lk.function_tool.is_error': false,
    'gen_ai.tool.call.result': returned,
    'lk.pii.function_tool.output': returned,
  });
}

function playSpeech(open: Open, turn: Span): void {
  const node = open('tts_node', turn, MODEL);
  const request = open('tts_request', node, { 'lk.tts.streaming': true });
  close(open('tts_request_run', request, { 'lk.retry_count': 0 }), {
    'lk.provider_request_ids': ['tts'],
  });
  close(request, {
    'lk.tts_metrics': JSON.stringify({
      ttfbMs: 150,
      charactersCount: 196,
      audioDurationMs: 3550.5,
      cancelled: false,
      metadata: METADATA,
    }),
  });
  close(node, { 'lk.response.ttfb': 0.15 });
  close(open('agent_speaking', turn, { 'lk.participant_id': 'PA_agent' }), {});
}

function chatContext(messages: readonly Message[]): string {
  const items = messages.map(({ role }) => ({ type: 'message', role, content: [WORDS] }));
  return JSON.stringify({ items });
}
