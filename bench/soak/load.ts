import { context, trace, type Span, type Tracer } from '@opentelemetry/api';
import { createRandom } from '../workload/random.js';

/** Seconds of a call between two turns, and turns of a call. */
const TURN_SECONDS = 10;
const TURNS_OF_A_CALL = 24;
const WORDS = 'the order is on its way and will be with you by the end of the week '.repeat(12);

/** What the span processor gets of one voice session, in LiveKit's names. */
export class PacedSession {
  readonly #tracer: Tracer;
  #session: Span | undefined;
  #turn = 0;
  #nextAt: number;

  constructor(tracer: Tracer, number: number) {
    this.#tracer = tracer;
    // Callers do not speak in step.
    this.#nextAt = createRandom(number)() * TURN_SECONDS;
  }

  /** Plays what is due at this second of the call; returns the spans that it ended. */
  playUntil(second: number): number {
    let ended = 0;
    for (; this.#nextAt <= second; this.#nextAt += TURN_SECONDS) ended += this.#playTurn();
    return ended;
  }

  /** Hangs up; returns the spans that it ended. */
  end(): number {
    if (this.#session === undefined) return 0;
    this.#session.end();
    this.#session = undefined;
    this.#turn = 0;
    return 1;
  }

  #playTurn(): number {
    this.#session ??= this.#tracer.startSpan('agent_session', { root: true });
    const inSession = trace.setSpan(context.active(), this.#session);
    const leaf = (name: string, parent: Span, attributes = {}): void =>
      this.#tracer.startSpan(name, { attributes }, trace.setSpan(inSession, parent)).end();
    leaf('user_turn', this.#session, { 'lk.pii.user_transcript': WORDS.slice(0, 60) });
    const turn = this.#tracer.startSpan('agent_turn', {}, inSession);
    const node = this.#tracer.startSpan('llm_node', {}, trace.setSpan(inSession, turn));
    const request = this.#tracer.startSpan('llm_request', {}, trace.setSpan(inSession, node));
    leaf('llm_request_run', request);
    request.setAttributes({
      'gen_ai.request.model': 'a-model',
      'gen_ai.usage.input_tokens': 100 + this.#turn,
      'gen_ai.usage.output_tokens': 20,
      'gen_ai.input.messages': messages(this.#turn),
    });
    request.end();
    node.end();
    leaf('tts_node', turn);
    leaf('tts_request', turn);
    leaf('agent_speaking', turn);
    turn.end();
    this.#turn++;
    return 8 + (this.#turn === TURNS_OF_A_CALL ? this.end() : 0);
  }
}

/** A history that grows with the call, as a prompt does. */
function messages(turn: number): string {
  return JSON.stringify(
    Array.from({ length: turn + 1 }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      parts: [{ type: 'text', content: WORDS.slice(0, 200 + (index % 7) * 60) }],
    })),
  );
}
