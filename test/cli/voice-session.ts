import { randomBytes } from 'node:crypto';

type Attributes = Readonly<Record<string, string | number | boolean>>;

interface SpanInput {
  readonly name: string;
  readonly startMillis: number;
  readonly endMillis: number;
  readonly attributes?: Attributes;
  readonly parentSpanId?: string;
  readonly error?: string;
}

export interface VoiceSessionOptions {
  readonly sessionId: string;
  readonly turns: number;
  /** Index of a turn whose tool takes seven seconds. */
  readonly slowTurn?: number;
  readonly interruptedTurn?: number;
  /** Index of a turn whose model call fails after four attempts; it is the last that is heard. */
  readonly failedTurn?: number;
  /** Index of a turn whose first attempt fails. */
  readonly retriedTurn?: number;
  /** Whether the root has ended. Default true. */
  readonly hasEnded?: boolean;
  readonly serviceName?: string;
}

/**
 * A voice session as the mapping sends it, in OTLP/JSON: each turn with the parts of its latency. A
 * real one would take as long as it lasts.
 */
export function voiceSession(options: VoiceSessionOptions): string {
  const { sessionId, turns, serviceName = 'voice', hasEnded = true } = options;
  const traceId = randomBytes(16).toString('hex');
  const rootId = randomBytes(8).toString('hex');
  const start = Date.now() - turns * 9000 - 1000;
  const spans: object[] = [];
  const shared = {
    'session.id': sessionId,
    'agent.name': 'reception',
    'voice.room_name': 'room-7',
    'lk.participant_identity': 'caller-1',
  };
  const add = ({ name, startMillis, endMillis, attributes = {}, ...rest }: SpanInput): string => {
    const spanId = name === 'agent_session' ? rootId : randomBytes(8).toString('hex');
    const { parentSpanId = name === 'agent_session' ? '' : rootId, error } = rest;
    spans.push({
      traceId,
      spanId,
      parentSpanId,
      name,
      kind: 1,
      startTimeUnixNano: `${Math.round(startMillis)}000000`,
      endTimeUnixNano: `${Math.round(endMillis)}000000`,
      attributes: Object.entries({
        'openinference.span.kind': 'CHAIN',
        ...shared,
        ...attributes,
      }).map(([key, value]) => ({ key, value: anyValue(value) })),
      status: error === undefined ? {} : { code: 2, message: error },
    });
    return spanId;
  };

  for (let turn = 0; turn < turns; turn++) {
    const at = start + turn * 9000;
    const isSlow = turn === options.slowTurn;
    const isFailed = turn === options.failedTurn;
    const parts: Readonly<Record<string, number>> = {
      end_of_turn: 380 + ((turn * 37) % 160),
      ...(isSlow && { on_user_turn_completed: 90 }),
      llm_ttft: 290 + ((turn * 53) % 210),
      ...(isSlow && { tool: 6800 }),
      sentence_wait: 60 + ((turn * 17) % 50),
      tts_ttfb: 130 + ((turn * 29) % 90),
      playout: 25,
    };
    const reply = Object.values(parts).reduce((sum, each) => sum + each, 0);
    const question = `Question ${turn + 1}: is a room free on Friday?`;
    add({
      name: 'user_turn',
      startMillis: at,
      endMillis: at + 2000,
      attributes: { 'input.value': question, 'voice.end_of_turn_delay_ms': parts['end_of_turn']! },
    });
    const latency = Object.entries(parts).map(([id, millis]) => [`voice.turn.${id}_ms`, millis]);
    const error = 'upstream is down';
    const turnId = add({
      name: 'agent_turn',
      startMillis: at + 2000,
      endMillis: at + 8000,
      ...(isFailed && { error }),
      attributes: {
        'input.value': question,
        'lk.speech_id': `speech-${turn}`,
        ...(!isFailed && {
          'output.value': `Answer ${turn + 1}: yes, two rooms are free.`,
          'voice.e2e_latency_ms': reply,
          ...Object.fromEntries(latency),
        }),
        ...(turn === options.interruptedTurn && { 'voice.interrupted': true }),
      },
    });
    const called = { startMillis: at + 2100, endMillis: at + 2900 };
    const requestId = add({
      name: 'llm_request',
      ...called,
      parentSpanId: turnId,
      ...(isFailed && { error }),
      attributes: {
        'openinference.span.kind': 'LLM',
        'llm.model_name': 'gpt-4.1-mini',
        ...(!isFailed && {
          'llm.token_count.prompt': 100 + turn * 20,
          'llm.token_count.completion': 20,
          'voice.llm.ttft_ms': parts['llm_ttft']!,
        }),
      },
    });
    const failures = isFailed ? 4 : turn === options.retriedTurn ? 1 : 0;
    const attempts = isFailed ? 4 : failures + 1;
    for (let attempt = 0; attempt < attempts; attempt++) {
      add({
        name: 'llm_request_run',
        ...called,
        parentSpanId: requestId,
        ...(attempt < failures && { error }),
        attributes: { 'openinference.span.kind': 'LLM' },
      });
    }
    if (isSlow) {
      add({
        name: 'tts_request',
        startMillis: at + 7000,
        endMillis: at + 7900,
        parentSpanId: turnId,
        attributes: {
          'voice.tts.model': 'sonic-3',
          'voice.tts.provider': 'Cartesia',
          'voice.tts.ttfb_ms': 140,
        },
      });
      add({
        name: 'function_tool',
        startMillis: at + 2900,
        endMillis: at + 7900,
        parentSpanId: turnId,
        attributes: {
          'openinference.span.kind': 'TOOL',
          'tool.name': 'findRoom',
          'input.value': '{"day":"Friday"}',
          'output.value': '{"free":2}',
        },
      });
    }
  }
  if (hasEnded) {
    add({
      name: 'agent_session',
      startMillis: start - 500,
      endMillis: start + turns * 9000,
      attributes: { 'openinference.span.kind': 'AGENT' },
      ...(options.failedTurn !== undefined && { error: 'upstream is down' }),
    });
  }
  const resource = {
    attributes: [{ key: 'service.name', value: { stringValue: serviceName } }],
  };
  return JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ spans }] }] });
}

function anyValue(value: string | number | boolean): object {
  if (typeof value === 'string') return { stringValue: value };
  return typeof value === 'boolean' ? { boolValue: value } : { doubleValue: value };
}
