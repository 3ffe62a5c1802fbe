import { InvalidOptionError } from '../../src/errors.js';
import { resolveOptions, type ResolvedOptions } from '../../src/options/resolve-options.js';
import type { SetupOptions } from '../../src/options/setup-options.js';

/** What a resolution came to, with everything it said. */
export interface Outcome {
  readonly resolved: ResolvedOptions;
  readonly warnings: readonly { readonly code: string; readonly text: string }[];
}

/** Resolves against the given environment only. Options may be wrong, as JavaScript callers' are. */
export function resolveGiven(options: unknown, env: NodeJS.ProcessEnv = {}): Outcome {
  const warnings: { code: string; text: string }[] = [];
  const resolved = resolveOptions(options as SetupOptions, env, (code, text) => {
    warnings.push({ code, text });
  });
  return { resolved, warnings };
}

/** Resolves and gives the error that an option is refused with. */
export function refusalOf(options: unknown, env: NodeJS.ProcessEnv = {}): InvalidOptionError {
  try {
    resolveGiven(options, env);
  } catch (error) {
    if (error instanceof InvalidOptionError) return error;
    throw error;
  }
  throw new Error('no option was refused');
}

/** The warnings about one variable. */
export function warningsOf(outcome: Outcome, variable: string): readonly string[] {
  return outcome.warnings.filter(({ code }) => code === `env.${variable}`).map(({ text }) => text);
}
