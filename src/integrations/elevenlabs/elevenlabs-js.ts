import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { asText, isRecord } from '../../mapping/read-attributes.js';
import { seeEnd } from '../agent-run.js';
import { guard } from '../model-call.js';
import { aroundMethod, isMethod, type Method, type Unpatch } from '../patch-method.js';
import { ConversationRun, startedIn } from './conversation-run.js';

const NORMAL_CLOSURE = 1000;
const NO_STATUS = 1005;

/** `Conversation` of `@elevenlabs/elevenlabs-js`: a session that Node runs over its own socket. */
export function patchConversation(prototype: object, tracer: Tracer): readonly Unpatch[] {
  const runs = new WeakMap<object, ConversationRun>();
  const byTool = new Map<string, ConversationRun>();
  const tools: Unpatch[] = [];
  const start = aroundMethod(prototype, 'startSession', (call, args, conversation) => {
    if (!isRecord(conversation) || runs.has(conversation)) return call(...args);
    const run = guard(() => startRun(conversation as Conversation, tracer, byTool, tools));
    if (run === undefined) return call(...args);
    runs.set(conversation, run);
    return startedIn(run, () => call(...args));
  });
  const say = aroundMethod(prototype, 'sendUserMessage', (call, args, conversation) => {
    if (isRecord(conversation)) guard(() => runs.get(conversation)?.userSaid(asText(args[0])));
    return call(...args);
  });
  return [start, say, () => tools.splice(0).forEach((unpatch) => unpatch())];
}

/** What its class is made of, from the options that it was constructed with. */
type Conversation = Record<string, unknown>;

function startRun(
  conversation: Conversation,
  tracer: Tracer,
  byTool: Map<string, ConversationRun>,
  tools: Unpatch[],
): ConversationRun {
  const config = isRecord(conversation['config']) ? conversation['config'] : {};
  const run = new ConversationRun(tracer, conversation['agentId'], config['userId']);
  const own = conversation['callbackMessageReceived'];
  const received: Method = (...args) => {
    guard(() => {
      const [message] = args;
      run.see(message);
      const call = isRecord(message) ? message['client_tool_call'] : undefined;
      if (isRecord(call)) byTool.set(String(call['tool_call_id']), run);
    });
    return isMethod(own) ? Reflect.apply(own, conversation, args) : undefined;
  };
  conversation['callbackMessageReceived'] = received;
  const on = conversation['on'];
  // Twice: for `endSession()` and for the socket. An 'error' is left alone: to listen is to handle it.
  const ended: Method = (_id, code, reason) => {
    const isBroken = typeof code === 'number' && code !== NORMAL_CLOSURE && code !== NO_STATUS;
    guard(() => run.ended(isBroken ? asText(reason) || `closed with ${code}` : undefined));
  };
  if (isMethod(on)) Reflect.apply(on, conversation, ['session_ended', ended]);
  if (isRecord(conversation['clientTools']))
    tools.push(patchHandle(Object.getPrototypeOf(conversation['clientTools']), byTool));
  return run;
}

/** `ClientTools.handle()`, which runs a tool after its event was seen. */
function patchHandle(prototype: object, byTool: Map<string, ConversationRun>): Unpatch {
  return aroundMethod(prototype, 'handle', (call, args) => {
    const id = isRecord(args[1]) ? asText(args[1]['tool_call_id']) : undefined;
    const run = byTool.get(id ?? '');
    byTool.delete(id ?? '');
    const below = run?.tools.contextOf(id);
    if (run === undefined || below === undefined) return call(...args);
    return seeEnd(
      contextApi.with(below, () => call(...args)),
      (result) => run.tools.end(id, result, false),
      (error) => run.tools.end(id, error instanceof Error ? error.message : String(error), true),
    );
  });
}
