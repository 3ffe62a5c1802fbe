import type { Tracer } from '@opentelemetry/api';
import type { InstrumentedModules } from '../options/setup-options.js';
import type { Unpatch } from './patch-method.js';

/** How one SDK is instrumented. */
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

/**
 * The objects that may have an SDK's class: the module that was passed, its members of these names,
 * and theirs: a class, an ESM namespace, CommonJS exports, `{ default }` of either.
 */
export function moduleParts(module: unknown, names: readonly string[]): readonly object[] {
  const parts: object[] = [];
  const visit = (part: unknown, depth: number): void => {
    if ((typeof part !== 'object' && typeof part !== 'function') || part === null) return;
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
    if ((typeof at !== 'object' && typeof at !== 'function') || at === null) return undefined;
    at = Reflect.get(at, name);
  }
  if (typeof at !== 'object' || at === null) return undefined;
  return typeof Reflect.get(at, method) === 'function' ? at : undefined;
}
