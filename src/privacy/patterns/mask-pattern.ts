import type { NamedPattern } from '../redaction-options.js';
import { ignoreRejection } from '../unawaited-promise.js';
import { asNeed } from './needed-text.js';

/** A pattern ready to run. */
export interface CompiledPattern {
  readonly regex: RegExp;
  readonly needs: string | RegExp | undefined;
  readonly accepts: ((match: string) => boolean) | undefined;
  readonly replacement: string;
}

/** Whether the time for a value is used up; asked between pieces of work. */
export type IsOverdue = () => boolean;

const WINDOW_LENGTH = 16_384;
const OVERLAP_LENGTH = 4_096;
/** What a lookbehind may see of the text before a window. */
const CONTEXT_LENGTH = 64;

/** Makes a copy of the pattern, so that the state of the user's own `RegExp` is left alone. */
export function compilePattern(pattern: RegExp | NamedPattern): CompiledPattern {
  const named = pattern instanceof RegExp ? undefined : pattern;
  const given = pattern instanceof RegExp ? pattern : pattern.pattern;
  // Only the indices of groups need `d`, and they cost time.
  const indices = given.source.includes('(?<secret>') ? 'd' : '';
  return {
    regex: new RegExp(given.source, `${given.flags.replace(/[dgy]/g, '')}g${indices}`),
    needs: named?.needs instanceof RegExp ? asNeed(named.needs) : named?.needs,
    accepts: named?.accepts,
    replacement: named === undefined ? '[REDACTED]' : `[REDACTED:${named.name}]`,
  };
}

/**
 * Masks every match in a text; `undefined` when time ran out, and the text must not be sent.
 *
 * Long texts are searched in windows, so that a pattern which needs the square of a text's length
 * cannot hold up the call for longer than one window takes. Windows overlap, and a match that ends
 * with its window is looked for again from its start.
 */
export function maskPattern(
  text: string,
  pattern: CompiledPattern,
  isOverdue: IsOverdue,
): string | undefined {
  let masked = '';
  let copiedTo = 0;
  let from = 0;
  let length = WINDOW_LENGTH;
  for (;;) {
    const end = Math.min(text.length, from + length);
    const found = searchWindow(text, pattern, { from, end });
    for (const [start, stop] of found.matches) {
      masked += text.slice(copiedTo, start) + pattern.replacement;
      copiedTo = stop;
    }
    if (end === text.length) return copiedTo === 0 ? text : masked + text.slice(copiedTo);
    if (isOverdue()) return undefined;
    // A match as long as its window gets a window twice as long.
    length = found.resumeAt === from ? length * 2 : WINDOW_LENGTH;
    from = found.resumeAt;
  }
}

interface TextWindow {
  readonly from: number;
  readonly end: number;
}

interface WindowSearch {
  readonly matches: readonly (readonly [start: number, stop: number])[];
  readonly resumeAt: number;
}

function searchWindow(text: string, pattern: CompiledPattern, window: TextWindow): WindowSearch {
  const { from, end } = window;
  const isLast = end === text.length;
  const base = Math.max(0, from - CONTEXT_LENGTH);
  const slice = base === 0 && isLast ? text : text.slice(base, end);
  const { regex } = pattern;
  const matches: [number, number][] = [];
  let lastStop = from;
  regex.lastIndex = from - base;
  for (let match = regex.exec(slice); match !== null; match = regex.exec(slice)) {
    const stop = match.index + match[0].length;
    if (stop === match.index) {
      regex.lastIndex = nextCharacter(slice, stop);
      continue;
    }
    // It may go on beyond the window.
    if (base + stop === end && !isLast) return { matches, resumeAt: base + match.index };
    const [first, last] = match.indices?.groups?.['secret'] ?? [match.index, stop];
    const accepted = acceptedLength(slice.slice(first, last), pattern.accepts);
    if (accepted === 0) {
      regex.lastIndex = nextCharacter(slice, match.index);
      continue;
    }
    regex.lastIndex = first + accepted;
    lastStop = base + first + accepted;
    matches.push([base + first, lastStop]);
  }
  return { matches, resumeAt: Math.max(lastStop, end - OVERLAP_LENGTH) };
}

/** Past a surrogate pair as a whole: in its middle, a pattern with `u` would step back for ever. */
function nextCharacter(text: string, index: number): number {
  return index + ((text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1);
}

/**
 * How much of a match to mask: where a greedy pattern took in the next word or number, what stands
 * before a separator is tried too.
 */
function acceptedLength(match: string, accepts: CompiledPattern['accepts']): number {
  if (accepts === undefined) return match.length;
  let { length } = match;
  while (length > 0 && !isAccepted(match.slice(0, length), accepts)) {
    length = lastSeparator(match, length);
  }
  return length;
}

function isAccepted(match: string, accepts: (match: string) => boolean): boolean {
  try {
    const answer: unknown = accepts(match);
    ignoreRejection(answer);
    // A promise is no answer: nothing but `false` speaks for the text.
    return answer !== false;
  } catch {
    // A check that fails says nothing in the text's favour.
    return true;
  }
}

function lastSeparator(match: string, before: number): number {
  for (let index = before - 1; index > 0; index -= 1) {
    if (/[\s.,_/()-]/.test(match.charAt(index))) return index;
  }
  return 0;
}
