import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { asText, isRecord } from '../../mapping/read-attributes.js';
import { guard } from '../model-call.js';
import { aroundMethod, isMethod, type Method, type Unpatch } from '../patch-method.js';
import { ConversationRun, startedIn } from './conversation-run.js';

/** `startSession()` of `@elevenlabs/client`: everything is learned from its options. */
export function patchStartSession(
  conversation: object,
  tracer: Tracer,
  observed: WeakSet<object>,
): Unpatch {
  return aroundMethod(conversation, 'startSession', (call, args) => {
    const [options, ...rest] = args;
    // `Conversation` hands its options on to `TextConversation`, which may be patched too.
    const isNew = isRecord(options) && !observed.has(options);
    const run = isNew
      ? guard(() => new ConversationRun(tracer, options['agentId'], options['userId']))
      : undefined;
    if (run === undefined || !isNew) return call(...args);
    const watched = observedOptions(options, run);
    observed.add(watched);
    return startedIn(run, () => call(watched, ...rest));
  });
}

/** The options with ours before the application's own. A callback changes nothing of what it gets. */
function observedOptions(
  options: Readonly<Record<string, unknown>>,
  run: ConversationRun,
): Readonly<Record<string, unknown>> {
  const before = (
    name: string,
    see: (value: unknown) => void,
  ): Readonly<Record<string, Method>> => {
    const own = options[name];
    return {
      [name]: (...args) => {
        guard(() => see(args[0]));
        return isMethod(own) ? Reflect.apply(own, options, args) : undefined;
      },
    };
  };
  const tools = isRecord(options['clientTools']) ? options['clientTools'] : undefined;
  const calls: { name: string; id: string }[] = [];
  return {
    ...options,
    ...before('onConnect', (value) => run.joinSession(isRecord(value) && value['conversationId'])),
    ...before('onIncomingEvent', (event) => {
      run.see(event);
      const call = isRecord(event) ? event['client_tool_call'] : undefined;
      if (!isRecord(call)) return;
      calls.push({ name: String(call['tool_name']), id: String(call['tool_call_id']) });
    }),
    ...before('onOutgoingEvent', (event) => seeOutgoing(event, run)),
    ...before('onDisconnect', (details) => {
      const { reason, message } = isRecord(details) ? details : {};
      run.ended(reason === 'error' ? (asText(message) ?? 'error') : undefined);
    }),
    ...(tools && { clientTools: observedTools(tools, calls, run) }),
  };
}

function seeOutgoing(event: unknown, run: ConversationRun): void {
  if (!isRecord(event)) return;
  if (event['type'] === 'user_message') run.userSaid(asText(event['text']));
  if (event['type'] === 'client_tool_result')
    run.tools.end(event['tool_call_id'], event['result'], event['is_error'] === true);
}

/** Tools run below their span. They get no call id, so the first call of that name is used. */
function observedTools(
  tools: Readonly<Record<string, unknown>>,
  calls: { readonly name: string; readonly id: string }[],
  run: ConversationRun,
): Readonly<Record<string, unknown>> {
  const observed = Object.entries(tools).map(([name, tool]): [string, unknown] => {
    if (!isMethod(tool)) return [name, tool];
    const wrapped: Method = (...args) => {
      const at = calls.findIndex((call) => call.name === name);
      const [call] = at === -1 ? [] : calls.splice(at, 1);
      const below = run.tools.contextOf(call?.id) ?? contextApi.active();
      return contextApi.with(below, () => Reflect.apply(tool, tools, args));
    };
    return [name, wrapped];
  });
  return Object.fromEntries(observed);
}
