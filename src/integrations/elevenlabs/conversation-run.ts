import { context as contextApi, type Context, type Tracer } from '@opentelemetry/api';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { Attr } from '../../semconv/attribute-keys.js';
import {
  abandonStep,
  failStep,
  inSession,
  ownSession,
  startStep,
  type Step,
} from '../agent-steps.js';
import { guard } from '../model-call.js';
import { closeAtShutdown } from '../open-spans.js';
import { ConversationTools } from './conversation-tools.js';

interface Turn extends Step {
  readonly input: string | undefined;
  output: string | undefined;
  lastMillis: number;
}

/**
 * The spans of one conversation with an agent of ElevenLabs, put together from the events on its
 * socket, which both packages hand on: the conversation (AGENT), a CHAIN for each turn, and tools.
 * What the model used is never sent, so there is no LLM span.
 */
export class ConversationRun {
  readonly #tracer: Tracer;
  readonly #around: Context;
  #step: Step;
  #turn: Turn | undefined;
  readonly tools: ConversationTools;
  readonly #forget: () => void;
  #hasInput = false;
  #isOver = false;

  constructor(tracer: Tracer, agentId: unknown, userId: unknown) {
    this.#tracer = tracer;
    this.tools = new ConversationTools(tracer);
    this.#around = contextApi.active();
    const id = asText(agentId);
    this.#step = startStep(tracer, {
      name: 'elevenlabs.conversation',
      kind: 'AGENT',
      around: this.#around,
      attributes: { [Attr.LLM_SYSTEM]: 'elevenlabs' },
      identity: {
        agent: id === undefined ? undefined : { id, name: undefined, role: undefined },
        userId: asText(userId),
      },
    });
    this.#forget = closeAtShutdown(this.#step.span, () => this.#end(abandonStep));
  }

  get context(): Context {
    return this.#step.context;
  }

  connected(conversationId: unknown): void {
    const id = asText(conversationId);
    if (id !== undefined) this.#step = inSession(this.#step, ownSession(this.#around, id));
  }

  /** The same words may come twice: as they are sent, and as the server has understood them. */
  userSaid(text: string | undefined): void {
    const turn = this.#turn;
    if (text === undefined || (turn?.input === text && turn.output === undefined)) return;
    this.#endTurn();
    this.#startTurn(text);
    if (!this.#hasInput) this.#step.span.setInput(text);
    this.#hasInput = true;
  }

  /** An event of the socket. */
  see(event: unknown): void {
    if (this.#isOver || !isRecord(event)) return;
    const part = (key: string): JsonRecord => {
      const value = event[key];
      return isRecord(value) ? value : {};
    };
    const around = this.#turn?.context ?? this.context;
    switch (event['type']) {
      case 'conversation_initiation_metadata':
        return this.connected(part('conversation_initiation_metadata_event')['conversation_id']);
      case 'user_transcript':
        return this.userSaid(asText(part('user_transcription_event')['user_transcript'])?.trim());
      case 'agent_response':
        return this.#agentSaid(asText(part('agent_response_event')['agent_response'])?.trim());
      case 'agent_response_correction': {
        const correction = part('agent_response_correction_event');
        return this.#correct(asText(correction['corrected_agent_response'])?.trim());
      }
      case 'interruption':
        this.#step.span.raw.addEvent('interruption');
        return;
      case 'client_tool_call':
        return this.tools.asked(part('client_tool_call'), around);
      case 'agent_tool_request':
        return this.tools.asked(part('agent_tool_request'), around);
      case 'agent_tool_response':
        return this.tools.serverAnswered(part('agent_tool_response'), around);
      case 'agent_tool_response_full_payload':
        return this.tools.serverAnswered(part('agent_tool_response_full_payload'), around);
      case 'mcp_tool_call':
        return this.tools.mcp(part('mcp_tool_call'), around);
      default:
    }
  }

  /** The conversation came to its end; with a message, it broke off. */
  ended(failure?: string): void {
    this.#end((step) => {
      if (failure !== undefined) failStep(step, failure);
      step.span.end();
    });
  }

  failed(error: unknown): void {
    this.#end(({ span }) => {
      span.fail(error);
      span.end();
    });
  }

  #agentSaid(text: string | undefined): void {
    if (text === undefined) return;
    // A greeting answers nobody.
    const turn = this.#turn ?? this.#startTurn(undefined);
    turn.output = turn.output === undefined ? text : `${turn.output}\n${text}`;
    this.#setOutput(turn);
  }

  /** What of the answer was heard before the user spoke over it. */
  #correct(text: string | undefined): void {
    if (text === undefined || this.#turn === undefined) return;
    this.#turn.output = text;
    this.#setOutput(this.#turn);
  }

  #setOutput(turn: Turn): void {
    this.#touch();
    turn.span.setOutput(turn.output);
    this.#step.span.setOutput(turn.output);
  }

  #startTurn(input: string | undefined): Turn {
    const step = startStep(this.#tracer, {
      name: 'elevenlabs.turn',
      kind: 'CHAIN',
      around: this.context,
    });
    step.span.setInput(input);
    const turn: Turn = { ...step, input, output: undefined, lastMillis: Date.now() };
    this.#turn = turn;
    return turn;
  }

  /** A correction may come late: a turn stays open until the next, and ends when it was last heard of. */
  #endTurn(): void {
    if (this.#turn !== undefined) this.#turn.span.raw.end(this.#turn.lastMillis);
    this.#turn = undefined;
  }

  #touch(): void {
    if (this.#turn !== undefined) this.#turn.lastMillis = Date.now();
  }

  #end(end: (step: Step) => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    guard(() => {
      this.tools.abandon();
      this.#endTurn();
    });
    end(this.#step);
  }
}
