import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import {
  aroundMethod,
  callIn,
  guard,
  isMethod,
  moduleParts,
  prototypeAt,
  seeEnd,
  type Integration,
  type Method,
  type Unpatch,
} from '../integration.js';
import { recordIn } from '../messages.js';
import { ConversationRun, startedIn } from './conversation-run.js';

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
  const tools: Unpatch[] = [];
  const start = aroundMethod(prototype, 'startSession', (call, args, conversation) => {
    if (!isRecord(conversation) || runs.has(conversation)) return call(...args);
    const run = guard(() => startRun(conversation, tracer, byTool, tools));
    if (run === undefined) return call(...args);
    runs.set(conversation, run);
    return startedIn(run, () => call(...args));
  });
  const say = aroundMethod(prototype, 'sendUserMessage', (call, args, conversation) => {
    if (isRecord(conversation)) guard(() => runs.get(conversation)?.userSaid(args[0]));
    return call(...args);
  });
  return [start, say, () => tools.splice(0).forEach((unpatch) => unpatch())];
}

/** Follows a conversation by what its class is made of. */
function startRun(
  conversation: JsonRecord,
  tracer: Tracer,
  byTool: Map<unknown, ConversationRun>,
  tools: Unpatch[],
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
  if (isRecord(clientTools)) tools.push(patchHandle(Object.getPrototypeOf(clientTools), byTool));
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
