// The only file that writes to the console. Callers pass names, counts and states, and never
// content, tokens or header values.

const MAX_REMEMBERED_CODES = 512;

const saidCodes = new Set<string>();
let debugOn = false;

/** Makes one harmless line of foreign text: no control characters, at most `maxLength` characters. */
export function asPrintable(text: string, maxLength: number = 1_000): string {
  // Cut first, so that a text of megabytes costs nothing. Control characters (line breaks and terminal
  // escapes among them), line and paragraph separators, and the marks that reorder text on a screen.
  const line = text
    .slice(0, maxLength + 1)
    .replace(/[\p{Cc}\p{Zl}\p{Zp}\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ')
    .trim();
  return line.length > maxLength ? `${line.slice(0, maxLength)}…` : line;
}

/**
 * What an error says, short and printable. Read by its shape: an error of another realm, as under
 * jest, is no instance of this one's `Error`.
 */
export function reasonOf(error: unknown): string {
  try {
    const message: unknown =
      typeof error === 'object' && error !== null ? Reflect.get(error, 'message') : error;
    return asPrintable(typeof message === 'string' ? message : typeof error, 200);
  } catch {
    return 'unknown';
  }
}

/** Says something to the user, on stderr, once in the life of the process for each `code`. */
export function warnOnce(code: string, text: string): void {
  // Past the bound, silence: a code that varies without end must not become a leak or a loop.
  if (saidCodes.has(code) || saidCodes.size >= MAX_REMEMBERED_CODES) return;
  saidCodes.add(code);
  write(text);
}

/** Says something on stderr while {@link setDebug} is on. */
export function debug(text: string): void {
  if (debugOn) write(text);
}

/** Calls what must not throw into the application that waits for it. */
export function attempt(what: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    debug(`${what} failed: ${error instanceof Error ? error.name : typeof error}`);
  }
}

export function setDebug(on: boolean): void {
  debugOn = on;
}

function write(text: string): void {
  try {
    console.warn(`[catalyst-tracing] ${asPrintable(text)}`);
  } catch {
    // A console that throws is the application's to repair, not a reason to disturb a call.
  }
}

/** Where a part says what the user should know: by default, as everything here does. */
export interface Diagnostics {
  warnOnce(code: string, text: string): void;
  debug(text: string): void;
}

export const DIAGNOSTICS: Diagnostics = Object.freeze({ warnOnce, debug });
