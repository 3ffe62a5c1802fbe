import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A line of `utterances.txt`, which marks what a line hides «so». */
export interface Utterance {
  readonly kind: string;
  readonly language: string;
  readonly text: string;
  readonly secrets: readonly Span[];
}

type Span = readonly [start: number, end: number];

/** What became of the secrets of one utterance. */
export interface Outcome {
  readonly secrets: number;
  /** Secrets of which at most three letters and digits are left, and at most a quarter. */
  readonly found: number;
  readonly masks: number;
  /** Masks that touch no secret, or that take more than a word of the text around it. */
  readonly wrongMasks: number;
}

const MOST_LEFT = 3;
const MOST_TAKEN_ALONG = 12;
const MASK = /\[REDACTED:[\w-]+\]/;
const ESCAPES = /(?:%[\da-f]{2})+|\\u[\da-f]{4}|\\["\\]/gi;

export function readUtterances(): readonly Utterance[] {
  const lines = readFileSync(join(import.meta.dirname, 'utterances.txt'), 'utf8').split('\n');
  const utterances: Utterance[] = [];
  let kind = '';
  let language = '';
  for (const line of lines) {
    if (line.startsWith('# ')) [kind = '', language = ''] = line.slice(2).split(' ');
    // The broken bar keeps scanners from taking the file for leaked keys.
    else if (line !== '') utterances.push({ kind, language, ...parse(line.replaceAll('¦', '')) });
  }
  return utterances;
}

function parse(line: string): Pick<Utterance, 'text' | 'secrets'> {
  const secrets: Span[] = [];
  let text = '';
  for (const [index, part] of line.split(/[«»]/).entries()) {
    if (index % 2 === 1) secrets.push([text.length, text.length + part.length]);
    text += part;
  }
  return { text, secrets };
}

/** Finds what is left of an utterance in its masked text, piece by piece, both without escapes. */
export function judge({ text, secrets }: Utterance, masked: string): Outcome {
  const plain = unescape(text);
  const spans = secrets.map(
    (secret) => secret.map((at) => unescape(text.slice(0, at)).length) as [number, number],
  );
  const masks: Span[] = [];
  let at = 0;
  const pieces = unescape(masked).split(MASK);
  for (const [index, piece] of pieces.entries()) {
    const isLast = index === pieces.length - 1;
    const start = isLast ? plain.lastIndexOf(piece) : plain.indexOf(piece, at);
    if (start < at) throw new Error(`what is left of ${text} is not in it: ${masked}`);
    if (index > 0) masks.push([at, start]);
    at = start + piece.length;
  }
  const size = ([start, end]: Span) => plain.slice(start, end).match(/[\p{L}\p{N}]/gu)?.length ?? 0;
  const common = (a: Span, b: Span): Span => [Math.max(a[0], b[0]), Math.min(a[1], b[1])];
  const shared = (one: Span, others: readonly Span[]) =>
    others.reduce((sum, other) => sum + size(common(one, other)), 0);
  return {
    secrets: spans.length,
    found: spans.filter((span) => {
      const left = size(span) - shared(span, masks);
      return left <= MOST_LEFT && left <= size(span) / 4;
    }).length,
    masks: masks.length,
    wrongMasks: masks.filter((mask) => {
      const right = shared(mask, spans);
      return right === 0 || size(mask) - right > MOST_TAKEN_ALONG;
    }).length,
  };
}

function unescape(text: string): string {
  return text.replace(ESCAPES, (escapes) => {
    if (/^\\["\\]/.test(escapes)) return escapes.slice(1);
    if (escapes.startsWith('\\')) return String.fromCharCode(Number.parseInt(escapes.slice(2), 16));
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}
