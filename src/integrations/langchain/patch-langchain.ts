import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { join, sep } from 'node:path';
import { warnOnce } from '../../diagnostics.js';
import { isRecord, recordIn, type JsonRecord } from '../../mapping/read-attributes.js';
import { fileInWorkingDirectory, loadedModules } from '../../node-require.js';
import { mainFiles } from '../application-imports.js';
import { loadCopy, rootOf } from '../find-copies.js';
import {
  aroundMethod,
  callIn,
  guard,
  isMethod,
  moduleParts,
  type Integration,
  type Unpatch,
} from '../integration.js';
import { recordsIn } from '../messages.js';
import { isGenerator, observeIterator } from '../observed-stream.js';
import { CallbackHandler, TOOL_KEY } from './callback-handler.js';
import { CLAIM_KEY, ModelOwner, RunSpans, type Claim, type Runs } from '../runs.js';
import { sharedRuns, type GraphNotes } from './runs.js';

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
  return moduleParts(module, ['default'])
    .filter(isRecord)
    .find(({ CallbackManager: manager }) => isClass(manager) && '_configureSync' in manager);
}

function graphIn(module: unknown): object | undefined {
  return moduleParts(module, ['default']).find((part) => isMethod(Reflect.get(part, 'StateGraph')));
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
    addHandler(manager, handler),
    ...models.flatMap(({ prototype }) => [ownGenerate(prototype), ownStream(prototype)]),
    ...(runnable === undefined ? [] : [watchStream(runnable.prototype, runs)]),
    ...(isRecord(storage) ? [bindRun(storage, runs)] : []),
    ...(isClass(tool) ? [rememberTool(tool.prototype)] : []),
  ];
}

/** Every run's callbacks are put together here. The application's own list is left as it is. */
function addHandler(manager: object, handler: CallbackHandler): Unpatch {
  return aroundMethod(manager, '_configureSync', (call, [inheritable, ...rest]) =>
    call(guard(() => withHandler(inheritable, handler)) ?? inheritable, ...rest),
  );
}

function withHandler(inheritable: unknown, handler: CallbackHandler): unknown {
  if (inheritable === undefined || inheritable === null) return [handler];
  const isList = Array.isArray(inheritable);
  const handlers: unknown = isList ? inheritable : recordIn(inheritable)['handlers'];
  if (Array.isArray(handlers) && handlers.includes(handler)) return inheritable;
  return isList ? [...inheritable, handler] : callIn(inheritable, 'copy', [handler], true);
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
    if (isGenerator(source)) observeIterator(source, { within });
    return source;
  });
}

/**
 * LangChain never reports the end of a run whose reader stopped. `stream()` makes its generator with
 * `_streamIterator`, here of an object that replaces the runnable.
 */
function watchStream(prototype: object, runs: Runs<GraphNotes>): Unpatch {
  return aroundMethod(prototype, 'stream', (call, args, runnable, stream) => {
    const iterate = isRecord(runnable) ? runnable['_streamIterator'] : undefined;
    if (!isRecord(runnable) || !isMethod(iterate)) return call(...args);
    const claim: Claim = {};
    const value = (...options: readonly unknown[]): unknown => {
      const source = Reflect.apply(iterate, runnable, options);
      // After it: the provider's wrapper hands up on the way out what had arrived until then.
      aroundMethod(recordIn(source), 'return', async (leave, values) => {
        try {
          return await leave(...values);
        } finally {
          guard(() => claim.runId !== undefined && runs.abandon(claim.runId));
        }
      });
      return source;
    };
    const watched: unknown = Object.create(runnable, { _streamIterator: { value } });
    return contextApi.with(contextApi.active().setValue(CLAIM_KEY, claim), () =>
      Reflect.apply(stream, watched, args),
    );
  });
}

/** Tools, lambdas and nodes of graphs run in here, with the callbacks of their run. */
function bindRun(storage: object, runs: Runs<GraphNotes>): Unpatch {
  return aroundMethod(storage, 'runWithConfig', (call, [config, code, ...rest]) => {
    const callbacks = recordIn(recordIn(config)['callbacks']);
    const runId = guard(() => callIn(callbacks, 'getParentRunId'));
    if (!isMethod(code)) return call(config, code, ...rest);
    const bound = (...args: readonly unknown[]): unknown => runs.within(runId, () => code(...args));
    return call(config, bound, ...rest);
  });
}

/** Callbacks get a tool's name, and not its description. */
function rememberTool(prototype: object): Unpatch {
  return aroundMethod(prototype, 'call', (call, args, tool) =>
    contextApi.with(contextApi.active().setValue(TOOL_KEY, tool), () => call(...args)),
  );
}

type Class = object & { readonly prototype: object };

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

/** Modules of `@langchain/core` that are patched, at the same paths in 0.3 and 1. */
const MODULES = [
  'callbacks/manager',
  'language_models/chat_models',
  'language_models/llms',
  'singletons/async_local_storage/index',
  'tools/index',
] as const;

const CORE = '@langchain/core';
const FOLDER = `${sep}node_modules${sep}${CORE.replace('/', sep)}${sep}`;

/**
 * One copy of `@langchain/core`, its modules as one object: the first of those around that `isWanted`
 * knows for its own. A namespace does not say where it came from, and its exports do not lead to
 * `BaseChatModel`: so the copies around the application are compared with it.
 */
async function coreCopy(
  isWanted: (core: JsonRecord) => boolean,
  file: string | undefined,
): Promise<JsonRecord | undefined> {
  const loaded = Object.keys(loadedModules()).filter((each) =>
    each.endsWith(join(FOLDER, 'dist', `${MODULES[0]}.cjs`)),
  );
  const copies = [
    ...loaded.map((each) => [rootAbove(each), 'cjs'] as const),
    ...[...rootsAround(file)].map((root) => [root, 'esm'] as const),
  ];
  for (const [root, format] of copies) {
    const core = await modulesIn(root, format);
    if (isWanted(core)) return core;
  }
  return undefined;
}

/** As the application sees it, and LangGraph, which is all that some import of it. */
function rootsAround(file: string | undefined): ReadonlySet<string> {
  const roots = file?.includes(FOLDER) === true ? [rootAbove(file)] : [];
  for (const from of [file, ...mainFiles(), fileInWorkingDirectory()]) {
    if (from === undefined) continue;
    const graph = rootOf('@langchain/langgraph', from);
    for (const at of [from, graph === undefined ? from : join(graph, 'package.json')]) {
      const root = rootOf(CORE, at);
      if (root !== undefined) roots.push(root);
    }
  }
  return new Set(roots);
}

function rootAbove(file: string): string {
  return file.slice(0, file.indexOf(FOLDER) + FOLDER.length - 1);
}

async function modulesIn(root: string, format: 'cjs' | 'esm'): Promise<JsonRecord> {
  const core: Record<string, unknown> = {};
  for (const name of MODULES) {
    const file = join(root, 'dist', `${name}.${format === 'cjs' ? 'cjs' : 'js'}`);
    const module = (await loadCopy(file, format))?.module;
    if (isRecord(module)) for (const key of Object.keys(module)) core[key] ??= module[key];
  }
  return core;
}
