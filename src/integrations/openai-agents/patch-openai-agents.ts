import { context as contextApi, type Context, type Tracer } from '@opentelemetry/api';
import { isRecord } from '../../mapping/read-attributes.js';
import {
  aroundMethod,
  callIn,
  guard,
  isMethod,
  moduleParts,
  prototypeAt,
  type Integration,
  type Unpatch,
} from '../integration.js';
import { AgentTracing, type SdkSpan, type SdkStore, type SdkTrace } from './agent-tracing.js';

/** Shared by all copies of the SDK, from 0.11 on (`tracing/context.ts`, `tracing/provider.ts`). */
const STORAGE: unique symbol = Symbol.for('openai.agents.core.asyncLocalStorage');
const PROVIDER: unique symbol = Symbol.for('openai.agents.core.traceProvider');
/** The relay of whichever copy of this package came first. */
const PROCESSOR: unique symbol = Symbol.for('catalyst-tracing.openai-agents');

export const OPENAI_AGENTS: Integration = {
  name: 'openaiAgents',
  expected: 'the `@openai/agents` package 0.11 or newer: pass its namespace',
  patch(module, tracer) {
    const [agents] = moduleParts(module, ['default']).filter(
      (part) =>
        isMethod(Reflect.get(part, 'addTraceProcessor')) &&
        isMethod(Reflect.get(part, 'getCurrentTrace')),
    );
    return agents === undefined ? [] : connect(agents, tracer);
  },
};

/** Passes on what the SDK reports; it stays with the SDK, which cannot take a processor out again. */
interface Relay {
  target: AgentTracing | undefined;
}

function connect(agents: object, tracer: Tracer): readonly Unpatch[] {
  // Makes the SDK create what its copies share.
  callIn(agents, 'getCurrentTrace');
  const relay = relayOf(agents);
  // Another copy of it, or the same one again.
  if (relay.target?.isOn === true) return [() => {}];
  const tracing = new AgentTracing(tracer);
  relay.target = tracing;
  const storage: unknown = Reflect.get(globalThis, STORAGE);
  return [
    () => tracing.stop(),
    ...(isRecord(storage)
      ? [followStorage(storage, tracing), ...noticeRequests(agents, tracing, storage)]
      : []),
  ];
}

/** Our processor, added to those that are there: OpenAI's own keeps sending to its dashboard. */
function relayOf(agents: object): Relay {
  const provider: unknown = Reflect.get(globalThis, PROVIDER);
  const holder = isRecord(provider) ? provider : agents;
  const present: unknown = Reflect.get(holder, PROCESSOR);
  if (isRelay(present)) return present;
  const relay: Relay = { target: undefined };
  const processor = {
    onTraceStart: async (trace: SdkTrace) => relay.target?.onTraceStart(trace),
    onTraceEnd: async (trace: SdkTrace) => relay.target?.onTraceEnd(trace),
    onSpanStart: async (span: SdkSpan) => relay.target?.onSpanStart(span),
    onSpanEnd: async (span: SdkSpan) => relay.target?.onSpanEnd(span),
    // `setTraceProcessors()` takes all of them out, and shuts them down.
    shutdown: async () => {
      relay.target = undefined;
      Reflect.deleteProperty(holder, PROCESSOR);
    },
    forceFlush: async () => {},
  };
  callIn(agents, 'addTraceProcessor', processor);
  Reflect.set(holder, PROCESSOR, relay);
  return relay;
}

function isRelay(value: unknown): value is Relay {
  return isRecord(value) && 'target' in value;
}

const MODELS = ['OpenAIResponsesModel', 'OpenAIChatCompletionsModel'] as const;

/** A request says whether its run leaves content out, which no span does. */
function noticeRequests(
  agents: object,
  tracing: AgentTracing,
  storage: object,
): readonly Unpatch[] {
  const notice = (request: unknown): void => {
    const store: unknown = callIn(storage, 'getStore');
    if (!isRecord(request) || request['tracing'] !== 'enabled_without_data') return;
    if (isStore(store) && store.trace !== undefined) tracing.withhold(store.trace.traceId);
  };
  return MODELS.flatMap((name) => {
    const prototype = prototypeAt(agents, [name], 'getResponse');
    if (prototype === undefined) return [];
    return ['getResponse', 'getStreamedResponse'].map((method) =>
      aroundMethod(prototype, method, (call, args) => {
        guard(() => notice(args[0]));
        return call(...args);
      }),
    );
  });
}

/** Makes what is current in the SDK the active span of everything that runs inside. */
function followStorage(storage: object, tracing: AgentTracing): Unpatch {
  return aroundMethod(storage, 'run', (call, args) => {
    const [store, callback, ...rest] = args;
    if (!isStore(store) || !isMethod(callback)) return call(...args);
    const base = contextApi.active();
    const following = followingContext(() => tracing.contextOf(store, base) ?? base);
    // The outermost store has only the workflow; inner ones have its spans too.
    const traceId = 'span' in store ? undefined : store.trace?.traceId;
    const isRoot = traceId !== undefined && !tracing.isOpen(traceId);
    const within = (...inner: unknown[]): unknown =>
      contextApi.with(following, () => callback(...inner));
    const result = call(store, within, ...rest);
    if (isRoot && result instanceof Promise) {
      // `onTraceEnd` does not come when `run()` throws.
      result.catch((error: unknown) => guard(() => tracing.endWorkflow(traceId, { error })));
    }
    return result;
  });
}

function isStore(value: unknown): value is SdkStore {
  return isRecord(value) && typeof value['active'] === 'boolean';
}

/**
 * A context that is another one at each moment. OpenAI Agents makes a span current by writing it
 * into the value of its AsyncLocalStorage (`setCurrentSpan`), with no function that runs inside: what
 * is active has to be looked up when somebody asks.
 */
function followingContext(now: () => Context): Context {
  return {
    getValue: (key) => now().getValue(key),
    setValue: (key, value) => now().setValue(key, value),
    deleteValue: (key) => now().deleteValue(key),
  };
}
