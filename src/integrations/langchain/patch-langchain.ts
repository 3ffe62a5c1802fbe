import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { warnOnce } from '../../diagnostics.js';
import { isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { recordsIn } from '../call-attributes.js';
import { moduleParts, type Integration } from '../integration.js';
import { guard } from '../model-call.js';
import { isMethod, patchMethod, aroundMethod, type Method, type Unpatch } from '../patch-method.js';
import { CallbackHandler } from './callback-handler.js';
import { coreCopy } from './core-modules.js';
import { ModelOwner } from './model-owner.js';
import { RunSpans } from './run-spans.js';
import { sharedRuns, withTool, type Runs } from './runs.js';
import { isGenerator, stepwise, watchStream } from './watched-stream.js';

/**
 * LangChain, and LangGraph on it. One callback handler gives the spans; the rest gives user code and
 * model calls the context that LangChain does not: methods of base classes, the same in 0.3 and 1.
 */
export const LANGCHAIN: Integration = {
  name: 'langchain',
  expected: '`@langchain/core/callbacks/manager`: pass its namespace',
  patch(module, tracer) {
    const core = managerIn(module);
    return core === undefined ? [] : patchCore(core, tracer);
  },
  async wholeCopy(module, file) {
    const manager = managerIn(module);
    // In a bundle there are no files to find: the application can give everything as one object.
    if (manager === undefined || isClass(manager['BaseChatModel'])) return module;
    const core = await coreCopy(
      ({ CallbackManager: found }) => found === manager['CallbackManager'],
      file,
    );
    if (core === undefined) {
      warnOnce(
        'langchain_core_incomplete',
        'Of @langchain/core only the callbacks were found: its calls may be counted twice, and spans opened in its tools have another parent. Pass { ...callbacksManager, ...chatModels, ...singletons } as modules.langchain.',
      );
    }
    return core ?? module;
  },
};

export const LANGGRAPH: Integration = {
  name: 'langgraph',
  expected:
    '`@langchain/langgraph` with its `@langchain/core` in `node_modules`; of a bundle, pass `@langchain/core/callbacks/manager` as modules.langchain',
  patch(module, tracer) {
    // Its copy of `@langchain/core` is what is patched.
    return graphIn(module) === undefined ? LANGCHAIN.patch(module, tracer) : [() => {}];
  },
  async wholeCopy(module, file) {
    const graph = graphIn(module);
    if (graph === undefined) return LANGCHAIN.wholeCopy?.(module, file);
    const compiled: unknown =
      Reflect.get(graph, 'CompiledStateGraph') ?? Reflect.get(graph, 'CompiledGraph');
    const bases = new Set<unknown>(chainOf(compiled));
    // Both extend one `Runnable`.
    return coreCopy(
      ({ BaseChatModel: model }) => chainOf(model).some((base) => bases.has(base)),
      file,
    );
  },
};

function managerIn(module: unknown): JsonRecord | undefined {
  return moduleParts(module, ['default']).filter(isRecord).find(hasManager);
}

function graphIn(module: unknown): object | undefined {
  return moduleParts(module, ['default']).find(
    (part) => typeof Reflect.get(part, 'StateGraph') === 'function',
  );
}

function hasManager(part: object): boolean {
  const manager: unknown = Reflect.get(part, 'CallbackManager');
  return isClass(manager) && isMethod(Reflect.get(manager, '_configureSync'));
}

function patchCore(core: JsonRecord, tracer: Tracer): readonly Unpatch[] {
  const { CallbackManager: manager, AsyncLocalStorageProviderSingleton: storage } = core;
  if (!isClass(manager)) return [];
  const runs = sharedRuns();
  const handler = new CallbackHandler(new RunSpans(tracer, runs));
  const models = [core['BaseChatModel'], core['BaseLLM']].filter(isClass);
  const runnable = models.flatMap(chainOf).find((base) => Object.hasOwn(base.prototype, 'stream'));
  const { StructuredTool: tool } = core;
  return [
    patchMethod(manager, '_configureSync', (original) => addHandler(original, handler)),
    ...models.flatMap(({ prototype }) => [ownGenerate(prototype), ownStream(prototype)]),
    ...(runnable === undefined
      ? []
      : [patchMethod(runnable.prototype, 'stream', (original) => watchStream(original, runs))]),
    ...(isRecord(storage)
      ? [patchMethod(storage, 'runWithConfig', (original) => bindRun(original, runs))]
      : []),
    ...(isClass(tool) ? [rememberTool(tool.prototype)] : []),
  ];
}

/** Every run's callbacks are put together here. The application's own list is left as it is. */
function addHandler(original: Method, handler: CallbackHandler): Method {
  return function (this: unknown, inheritable: unknown, ...rest: readonly unknown[]): unknown {
    const handlers = guard(() => withHandler(inheritable, handler));
    return Reflect.apply(original, this, [handlers ?? inheritable, ...rest]);
  };
}

function withHandler(inheritable: unknown, handler: CallbackHandler): unknown {
  if (inheritable === undefined || inheritable === null) return [handler];
  if (Array.isArray(inheritable)) {
    const handlers: readonly unknown[] = inheritable;
    return handlers.includes(handler) ? handlers : [...handlers, handler];
  }
  if (!isRecord(inheritable) || !isMethod(inheritable['copy'])) return undefined;
  const handlers = inheritable['handlers'];
  if (Array.isArray(handlers) && handlers.includes(handler)) return inheritable;
  return Reflect.apply(inheritable['copy'], inheritable, [[handler], true]);
}

/** A model call: what it asks a provider for is counted by the run that LangChain reports of it. */
function ownGenerate(prototype: object): Unpatch {
  return aroundMethod(prototype, '_generateUncached', (call, args) => {
    const owner = new ModelOwner();
    // Of a call with a cache the runs have begun before.
    guard(() => recordsIn(args[3]).forEach(({ runId }) => owner.attach(runId)));
    return owner.within(() => call(...args));
  });
}

/** The same of a generator, whose steps are made wherever its reader is. */
function ownStream(prototype: object): Unpatch {
  return aroundMethod(prototype, '_streamIterator', (call, args) => {
    const owner = new ModelOwner();
    const around = contextApi.active();
    const within = <T>(step: () => T): T => owner.within(step, around);
    const source = within(() => call(...args));
    return isGenerator(source) ? stepwise(source, within) : source;
  });
}

/** Tools, lambdas and nodes of graphs run in here, with the callbacks of their run. */
function bindRun(original: Method, runs: Runs): Method {
  return function (
    this: unknown,
    config: unknown,
    code: unknown,
    ...rest: readonly unknown[]
  ): unknown {
    const runId = guard(() => parentRunIdOf(config));
    if (typeof code !== 'function') return Reflect.apply(original, this, [config, code, ...rest]);
    const bound = (...args: readonly unknown[]): unknown =>
      runs.within(runId, () => Reflect.apply(code, undefined, args));
    return Reflect.apply(original, this, [config, bound, ...rest]);
  };
}

export function parentRunIdOf(config: unknown): unknown {
  const callbacks = isRecord(config) ? config['callbacks'] : undefined;
  const ask = isRecord(callbacks) ? callbacks['getParentRunId'] : undefined;
  return isMethod(ask) ? Reflect.apply(ask, callbacks, []) : undefined;
}

/** Callbacks get a tool's name, and not its description. */
function rememberTool(prototype: object): Unpatch {
  return aroundMethod(prototype, 'call', (call, args, tool) =>
    contextApi.with(withTool(contextApi.active(), tool), () => call(...args)),
  );
}

type Class = object & { readonly prototype: object };

/** A class and all that it extends. */
function chainOf(start: unknown): readonly Class[] {
  const chain: Class[] = [];
  for (let at = start; isClass(at); at = Object.getPrototypeOf(at)) chain.push(at);
  return chain;
}

function isClass(value: unknown): value is Class {
  return (
    typeof value === 'function' && typeof value.prototype === 'object' && value.prototype !== null
  );
}
