import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { asText, type JsonRecord } from '../../mapping/read-attributes.js';
import { Attr } from '../../semconv/attribute-keys.js';
import { AgentRun, startStep, toolFailure, type Step } from '../agent-run.js';
import { seeEnd } from '../integration.js';
import { recordIn } from '../messages.js';
import { withMetadataAround } from '../model-call.js';

interface Turn extends Step {
  readonly input: string | undefined;
  output: string | undefined;
  lastMillis: number;
}

/**
 * The spans of one conversation with an agent of ElevenLabs, put together from the events on its
 * socket, which both packages hand on: the conversation (AGENT), a CHAIN for each turn, and tools of
 * the client, of the server, and of MCP. What the model used is never sent, so there is no LLM span.
 */
export class ConversationRun extends AgentRun {
  #turn: Turn | undefined;
  #hasInput = false;

  constructor(tracer: Tracer, agentId: unknown, userId: unknown) {
    super(tracer, { name: 'elevenlabs.conversation', system: 'elevenlabs', agentId, userId });
  }

  /** The same text may come twice: as it was sent, and as the server understood it. */
  userSaid(said: unknown): void {
    const text = asText(said)?.trim();
    const turn = this.#turn;
    if (text === undefined || (turn?.input === text && turn.output === undefined)) return;
    this.beforeEnd();
    this.#startTurn(text);
    if (!this.#hasInput) this.span.setInput(text);
    this.#hasInput = true;
  }

  /** An event of the socket. */
  see(event: unknown): void {
    if (this.isOver) return;
    const all = recordIn(event);
    const type = asText(all['type']) ?? '';
    const part = recordIn(all[type] ?? all[`${type}_event`]);
    switch (type) {
      case 'conversation_initiation_metadata':
        return this.joinSession(part['conversation_id']);
      case 'user_transcript':
        return this.userSaid(recordIn(all['user_transcription_event'])['user_transcript']);
      case 'agent_response':
        return this.#agentSaid(part['agent_response']);
      case 'agent_response_correction':
        return this.#correct(part['corrected_agent_response']);
      case 'interruption':
        this.span.raw.addEvent('interruption');
        return;
      case 'client_tool_call':
      case 'agent_tool_request':
        return this.#startTool(part);
      case 'agent_tool_response':
      // Newer servers send what they gave the model.
      case 'agent_tool_response_full_payload': {
        this.#startTool(part);
        const output = part['full_payload'] ?? part['result'];
        return this.endTool(part['tool_call_id'], output, part['is_error'] === true);
      }
      case 'mcp_tool_call':
        return this.#seeMcp(part);
      default:
    }
  }

  endTool(id: unknown, output: unknown, hasFailed: boolean): void {
    this.tools.end(id, output, toolFailure(hasFailed, output));
  }

  /** A correction may come late: a turn stays open until the next, and ends when it was last heard of. */
  protected override beforeEnd(): void {
    if (this.#turn !== undefined) this.#turn.span.raw.end(this.#turn.lastMillis);
    this.#turn = undefined;
  }

  #startTool(call: JsonRecord): void {
    const around = this.#turn?.context ?? this.context;
    const { tool_call_id: id, tool_name: name, tool_type: type, parameters } = call;
    const span = this.tools.start(around, id, name, parameters);
    if (type !== undefined)
      span.setAttribute(Attr.METADATA, withMetadataAround(around, { tool_type: type }));
  }

  /** Every state of a call comes in its own event. */
  #seeMcp(call: JsonRecord): void {
    this.#startTool({ ...call, tool_type: 'mcp' });
    const { state, result, error_message: message, tool_call_id: id } = call;
    if (state === 'success' || state === 'failure')
      this.endTool(id, result ?? message, state === 'failure');
  }

  #agentSaid(said: unknown): void {
    const text = asText(said)?.trim();
    if (text === undefined) return;
    // A greeting answers nobody.
    const turn = this.#turn ?? this.#startTurn(undefined);
    this.#setOutput(turn, turn.output === undefined ? text : `${turn.output}\n${text}`);
  }

  /** What of the answer was heard before the user spoke over it. */
  #correct(said: unknown): void {
    const text = asText(said)?.trim();
    if (text !== undefined && this.#turn !== undefined) this.#setOutput(this.#turn, text);
  }

  #setOutput(turn: Turn, output: string): void {
    turn.output = output;
    turn.lastMillis = Date.now();
    turn.span.setOutput(output);
    this.span.setOutput(output);
  }

  #startTurn(input: string | undefined): Turn {
    const around = this.context;
    const step = startStep(this.tracer, { name: 'elevenlabs.turn', kind: 'CHAIN', around });
    step.span.setInput(input);
    this.#turn = { ...step, input, output: undefined, lastMillis: Date.now() };
    return this.#turn;
  }
}

/** Starts the session of a conversation inside of its span. */
export function startedIn(run: ConversationRun, start: () => unknown): unknown {
  return seeEnd(
    contextApi.with(run.context, start),
    () => {},
    (error) => run.failed(error),
  );
}
