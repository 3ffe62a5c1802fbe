import type { CatalystTracing } from './catalyst-tracing.js';
import type { ResolvedOptions } from './options/resolve-options.js';

/** The one set-up of a process: under way, or live. */
export interface LiveSetup {
  readonly pending: Promise<CatalystTracing>;
  /** What it was set up with; an older copy of this package does not say. */
  resolved?: ResolvedOptions;
  tracing: CatalystTracing | undefined;
  /** Whether it was asked for with the same options. A closure, so that no token is kept here. */
  hasOptions?: (options: unknown) => boolean;
  /** Whether an open span goes through this set-up's span path; `undefined` while it has none. */
  ownsSpan: ((spanId: string) => boolean) | undefined;
}

/**
 * Where every copy of this package finds it: the ESM and the CommonJS build, nested installs.
 */
export const SLOT: unique symbol = Symbol.for('catalyst-tracing.live');

/** The set-up of this process, whichever copy of the package made it. */
export function liveSetup(): LiveSetup | undefined {
  const slot: unknown = Reflect.get(globalThis, SLOT);
  return isLiveSetup(slot) ? slot : undefined;
}

export function claimProcess(setup: LiveSetup): void {
  Reflect.set(globalThis, SLOT, setup);
}

/** Frees the process for another set-up, unless one took it meanwhile. */
export function releaseProcess(setup: LiveSetup): void {
  if (liveSetup() === setup) Reflect.set(globalThis, SLOT, undefined);
}

function isLiveSetup(value: unknown): value is LiveSetup {
  return typeof value === 'object' && value !== null && 'pending' in value && 'tracing' in value;
}

/** What every copy of this package shares under a symbol of `Symbol.for()`. */
export function sharedByCopies<T extends object>(key: symbol, Type: new () => T): T {
  const known: unknown = Reflect.get(globalThis, key);
  if (known instanceof Type) return known;
  const made = new Type();
  Reflect.set(globalThis, key, made);
  return made;
}
