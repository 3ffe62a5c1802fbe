import type { Tracer } from '@opentelemetry/api';
import { debug } from '../diagnostics.js';
import type { InstrumentedModules } from '../options/setup-options.js';

export interface Integration {
  /** What `modules` and `installResults` know it by. */
  readonly name: keyof InstrumentedModules;
  /** What a module that is not this SDK should have been, for the message. */
  readonly expected: string;
  /** The `reason` of its row in `installResults` when it is installed. */
  readonly note?: string;
  /**
   * Patches one copy; an empty list when `module` is no copy of this SDK. `undefined` means all
   * copies, for an SDK that needs no module. May throw.
   */
  patch(module: unknown, tracer: Tracer): readonly Unpatch[];
  /**
   * Loads what else of a copy is patched, and answers with all of it for `patch()`. `file`: where the
   * module was loaded from. Asynchronous because below tsx `require()` makes a second copy of an ES
   * module.
   */
  readonly wholeCopy?: (module: unknown, file?: string) => Promise<unknown>;
}

export type Method = (this: unknown, ...args: readonly unknown[]) => unknown;

export type Unpatch = () => void;

/** One function for all that has nothing to undo: sets of what is to be undone do not grow by it. */
const NOTHING: Unpatch = () => {};

// Every copy of this package marks what it has replaced, so that no call is wrapped twice.
const PATCHED: unique symbol = Symbol.for('catalyst-tracing.patched');

/**
 * Replaces a method by a function that runs around each call. `call` calls the method as it was
 * called, or with other arguments. What another library has put on top meanwhile stays when it is
 * undone: our function then passes calls on as they are.
 */
export function aroundMethod(
  target: object,
  name: string,
  around: (
    call: (...args: readonly unknown[]) => unknown,
    args: readonly unknown[],
    self: unknown,
    original: Method,
  ) => unknown,
): Unpatch {
  const original: unknown = Reflect.get(target, name);
  if (!isMethod(original) || Object.hasOwn(original, PATCHED)) return NOTHING;
  let isOn = true;
  const patched = function (this: unknown, ...args: readonly unknown[]): unknown {
    if (!isOn) return Reflect.apply(original, this, args);
    return around((...passed) => Reflect.apply(original, this, passed), args, this, original);
  };
  Object.defineProperty(patched, 'name', { value: original.name, configurable: true });
  Object.defineProperty(patched, PATCHED, { value: true });
  if (!Reflect.set(target, name, patched)) return NOTHING;
  return () => {
    isOn = false;
    if (Reflect.get(target, name) === patched) Reflect.set(target, name, original);
  };
}

export function undoAll(unpatches: Set<Unpatch>): void {
  const all = [...unpatches];
  unpatches.clear();
  for (const unpatch of all) unpatch();
}

/** Runs our code: what it throws must never reach the application or its SDK. */
export function guard<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    debug(`An integration failed: ${error instanceof Error ? error.name : typeof error}`);
    return undefined;
  }
}

/** Sees how a call of an SDK ends, before its caller does. */
export function seeEnd(
  result: unknown,
  see: (value: unknown) => void,
  failed: (error: unknown) => void = () => {},
): unknown {
  if (!(result instanceof Promise)) return result;
  return result.then(
    (value: unknown) => {
      guard(() => see(value));
      return value;
    },
    (error: unknown) => {
      guard(() => failed(error));
      throw error;
    },
  );
}

export function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}

export function callIn(target: object, name: string, ...args: readonly unknown[]): unknown {
  const method: unknown = Reflect.get(target, name);
  return isMethod(method) ? Reflect.apply(method, target, args) : undefined;
}

/**
 * The objects that may have an SDK's class: the module that was passed, its members of these names,
 * and theirs: a class, an ESM namespace, CommonJS exports, `{ default }` of either.
 */
export function moduleParts(module: unknown, names: readonly string[]): readonly object[] {
  const parts: object[] = [];
  const visit = (part: unknown, depth: number): void => {
    if (!isObject(part)) return;
    if (!parts.includes(part)) parts.push(part);
    if (depth > 0) for (const name of names) visit(Reflect.get(part, name), depth - 1);
  };
  visit(module, 2);
  return parts;
}

/** The prototype of a class nested in another (`OpenAI.Chat.Completions`), if it has the method. */
export function prototypeAt(
  root: object,
  path: readonly string[],
  method: string,
): object | undefined {
  let at: unknown = root;
  for (const name of [...path, 'prototype']) {
    if (!isObject(at)) return undefined;
    at = Reflect.get(at, name);
  }
  return isObject(at) && isMethod(Reflect.get(at, method)) ? at : undefined;
}

function isObject(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function';
}
