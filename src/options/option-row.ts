/**
 * What one source says about an option: a value (with a note when part of it was not usable), a
 * problem, or nothing.
 *
 * `problem` and `note` are said to the user after the name of the source, so they read on from it:
 * "must be true or false; saw the text "maybe"". Neither ever holds a secret.
 */
export type Reading<T> =
  { readonly value: T; readonly note?: string } | { readonly problem: string } | undefined;

/** Where a value came from: `option`, the name of an environment variable, or `default`. */
export type OptionSource = string;

/** One option: its sources in order of precedence, how each is read, and what the docs say of it. */
export interface OptionRow<T> {
  /** Our own variables, then the documented legacy names; first usable value wins. */
  readonly env: readonly string[];
  /** OpenTelemetry's, OpenInference's or LiveKit's variables, asked after ours. */
  readonly standardEnv: readonly string[];
  readonly default: T;
  /** The default as the docs show it. */
  readonly defaultText: string;
  /** One line for the docs. */
  readonly meaning: string;
  /** Absent where there is no option, only variables. Never sees `undefined`, `null` or blank text. */
  readonly readOption?: (value: unknown) => Reading<T>;
  /** Sees trimmed, non-blank text. */
  readonly readEnv?: (text: string, name: string) => Reading<T>;
  /** For values that add up over sources instead of replacing one another. */
  readonly merge?: (stronger: T, weaker: T) => T;
}

/** A row for each property of `T`. */
export type OptionTable<T> = { readonly [K in keyof T]: OptionRow<T[K]> };
