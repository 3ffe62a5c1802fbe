import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { asText, isRecord, recordIn, type JsonRecord } from '../../mapping/read-attributes.js';
import { AgentRun, toolFailure } from '../agent-run.js';
import {
  aroundMethod,
  callIn,
  guard,
  isMethod,
  moduleParts,
  prototypeAt,
  seeEnd,
  undoAll,
  type Integration,
  type Method,
  type Unpatch,
} from '../integration.js';
import { identityBy, setMetadata, startStep, type Step } from '../step.js';

/** `elevenlabs-js` has its class in its own file: `…/conversationalAi/conversation`. */
const NAMES = ['Conversation', 'TextConversation', 'VoiceConversation', 'default'];

const NORMAL_CLOSURE = 1000;
const NO_STATUS = 1005;

/** `@elevenlabs/client` starts a session by a static function, `elevenlabs-js` by a method. */
export const ELEVENLABS: Integration = {
  name: 'elevenlabs',
  expected:
    'ElevenLabs: pass the namespace of `@elevenlabs/client`, or the class `Conversation` of `@elevenlabs/elevenlabs-js`',
  patch(module, tracer) {
    const observed = new WeakSet<object>();
    return moduleParts(module, NAMES).flatMap((part) => {
      const prototype = prototypeAt(part, [], 'startSession');
      if (prototype !== undefined) return patchConversation(prototype, tracer);
      const isStarter = Object.hasOwn(part, 'startSession');
      return isStarter ? [patchStartSession(part, tracer, observed)] : [];
    });
  },
};

/** `startSession()` of `@elevenlabs/client`: everything is learned from its options. */
function patchStartSession(
  conversation: object,
  tracer: Tracer,
  observed: WeakSet<object>,
): Unpatch {
  return aroundMethod(conversation, 'startSession', (call, args) => {
    const [options, ...rest] = args;
    // `Conversation` hands its options on to `TextConversation`, which may be patched too.
    if (!isRecord(options) || observed.has(options)) return call(...args);
    const run = guard(() => new ConversationRun(tracer, options['agentId'], options['userId']));
    if (run === undefined) return call(...args);
    const watched = observedOptions(options, run);
    observed.add(watched);
    return startedIn(run, () => call(watched, ...rest));
  });
}

/** A callback with ours before it, which changes nothing of what it gets. */
function before(own: unknown, self: unknown, see: (...args: readonly unknown[]) => void): Method {
  return (...args) => {
    guard(() => see(...args));
    return isMethod(own) ? Reflect.apply(own, self, args) : undefined;
  };
}

function observedOptions(options: JsonRecord, run: ConversationRun): JsonRecord {
  const calls: JsonRecord[] = [];
  const callbacks = {
    onConnect: (value: unknown): void => run.joinSession(recordIn(value)['conversationId']),
    onIncomingEvent: (event: unknown): void => {
      run.see(event);
      const { client_tool_call: call } = recordIn(event);
      if (isRecord(call)) calls.push(call);
    },
    onOutgoingEvent: (event: unknown): void => {
      const { type, text, tool_call_id: id, result, is_error: isError } = recordIn(event);
      if (type === 'user_message') run.userSaid(text);
      if (type === 'client_tool_result') run.endTool(id, result, isError === true);
    },
    onDisconnect: (details: unknown): void => {
      const { reason, message } = recordIn(details);
      run.ended(reason === 'error' ? (asText(message) ?? 'error') : undefined);
    },
  };
  const observed = Object.entries(callbacks).map(([name, see]) => [
    name,
    before(options[name], options, see),
  ]);
  const { clientTools: tools } = options;
  return {
    ...options,
    ...Object.fromEntries(observed),
    ...(isRecord(tools) && { clientTools: observedTools(tools, calls, run) }),
  };
}

/** Tools run below their span. They get no call id, so the first call of that name is used. */
function observedTools(tools: JsonRecord, calls: JsonRecord[], run: ConversationRun): JsonRecord {
  const observed = Object.entries(tools).map(([name, tool]) => {
    if (!isMethod(tool)) return [name, tool];
    const wrapped: Method = (...args) => {
      const at = calls.findIndex((call) => call['tool_name'] === name);
      const [call] = at === -1 ? [] : calls.splice(at, 1);
      const below = run.tools.get(call?.['tool_call_id'])?.context ?? contextApi.active();
      return contextApi.with(below, () => Reflect.apply(tool, tools, args));
    };
    return [name, wrapped];
  });
  return Object.fromEntries(observed);
}

/** `Conversation` of `@elevenlabs/elevenlabs-js`: a session that Node runs over its own socket. */
function patchConversation(prototype: object, tracer: Tracer): readonly Unpatch[] {
  const runs = new WeakMap<object, ConversationRun>();
  const byTool = new Map<unknown, ConversationRun>();
  const tools = new Set<Unpatch>();
  const start = aroundMethod(prototype, 'startSession', (call, args, conversation) => {
    // A start that failed may be repeated.
    if (!isRecord(conversation) || runs.get(conversation)?.isOver === false) return call(...args);
    const run = guard(() => follow(conversation, tracer, byTool, tools));
    if (run === undefined) return call(...args);
    runs.set(conversation, run);
    return startedIn(run, () => call(...args));
  });
  const say = aroundMethod(prototype, 'sendUserMessage', (call, args, conversation) => {
    if (isRecord(conversation)) guard(() => runs.get(conversation)?.userSaid(args[0]));
    return call(...args);
  });
  return [start, say, () => undoAll(tools)];
}

/** Follows a conversation by what its class is made of. */
function follow(
  conversation: JsonRecord,
  tracer: Tracer,
  byTool: Map<unknown, ConversationRun>,
  tools: Set<Unpatch>,
): ConversationRun {
  const { agentId, config, clientTools, callbackMessageReceived: own } = conversation;
  const run = new ConversationRun(tracer, agentId, recordIn(config)['userId']);
  const received = before(own, conversation, (message) => {
    run.see(message);
    const { client_tool_call: call } = recordIn(message);
    if (isRecord(call)) byTool.set(call['tool_call_id'], run);
  });
  Reflect.set(conversation, 'callbackMessageReceived', received);
  // Twice: for `endSession()` and for the socket. An 'error' is left alone: to listen is to handle it.
  callIn(conversation, 'on', 'session_ended', (_id: unknown, code: unknown, reason: unknown) => {
    const isBroken = typeof code === 'number' && code !== NORMAL_CLOSURE && code !== NO_STATUS;
    guard(() => run.ended(isBroken ? (asText(reason) ?? `closed with ${code}`) : undefined));
  });
  if (isRecord(clientTools)) tools.add(patchHandle(Object.getPrototypeOf(clientTools), byTool));
  return run;
}

/** `ClientTools.handle()`, which runs a tool after its event was seen. */
function patchHandle(prototype: object, byTool: Map<unknown, ConversationRun>): Unpatch {
  return aroundMethod(prototype, 'handle', (call, args) => {
    const id = recordIn(args[1])['tool_call_id'];
    const run = byTool.get(id);
    byTool.delete(id);
    const below = run?.tools.get(id)?.context;
    if (run === undefined || below === undefined) return call(...args);
    return seeEnd(
      contextApi.with(below, () => call(...args)),
      (result) => run.endTool(id, result, false),
      (error) => run.endTool(id, error instanceof Error ? error.message : String(error), true),
    );
  });
}

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
class ConversationRun extends AgentRun {
  #turn: Turn | undefined;
  #hasInput = false;

  constructor(tracer: Tracer, agentId: unknown, userId: unknown) {
    const identity = identityBy(agentId, userId);
    const start = { name: 'elevenlabs.conversation', kind: 'AGENT', identity } as const;
    super(tracer, startStep(tracer, { ...start, system: 'elevenlabs' }));
  }

  /** The same text may come twice: as it was sent, and as the server understood it. */
  userSaid(said: unknown): void {
    const text = asText(said)?.trim();
    const turn = this.#turn;
    if (this.isOver || text === undefined) return;
    if (turn?.input === text && turn.output === undefined) return;
    this.beforeEnd();
    this.#startTurn(text);
    if (!this.#hasInput) this.span.setInput(text);
    this.#hasInput = true;
  }

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
    if (type !== undefined) setMetadata(span, around, { tool_type: type });
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
function startedIn(run: ConversationRun, start: () => unknown): unknown {
  return seeEnd(
    contextApi.with(run.context, start),
    () => {},
    (error) => run.failed(error),
  );
}
