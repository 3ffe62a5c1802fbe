import { looksLikeJson, rewriteJson, type JsonFrame } from './json-scanner.js';
import { REDACTED_VALUE } from './redacted-value.js';

type Segment = string | number | typeof ANY;

/** A JSON path that was understood. */
export interface JsonPath {
  /** `$..`: the segments may begin at any depth. */
  readonly anywhere: boolean;
  readonly segments: readonly Segment[];
}

const ANY: unique symbol = Symbol('any');
const MAX_NESTED_TEXTS = 4;
/** An object or a list of them, as it begins. */
const JSON_IN_TEXT = /[[{]\s*["[{]/;
const SEGMENT =
  /(?:\.(?<name>[^.[\]'"*\s]+)|\[(?<index>\d{1,9})\]|\[(?<quote>['"])(?<quoted>(?:(?!\k<quote>).)+)\k<quote>\]|(?<any>\.\*|\[\*\]))/y;

/** Properties whose value is what a tool was given or gave back, in all message formats in use. */
const TOOL_PAYLOAD_KEYS: ReadonlySet<string | number> = new Set([
  'arguments',
  'args',
  'input',
  'output',
  'parameters',
  'response',
  'result',
  'content',
]);

/**
 * Understands `$.a.b`, `$..name`, `$.list[*].x`, `$.list[0]`, `$['a b']`; `undefined` for filters,
 * slices, `..` further in and anything else.
 */
export function parseJsonPath(path: string): JsonPath | undefined {
  const anywhere = path.startsWith('$..');
  if (!anywhere && !path.startsWith('$')) return undefined;
  // `$..name` goes on as `.name`; `$..[0]` has no dot to keep.
  let at = anywhere ? (path[3] === '[' ? 3 : 2) : 1;
  const segments: Segment[] = [];
  while (at < path.length) {
    SEGMENT.lastIndex = at;
    const groups = SEGMENT.exec(path)?.groups;
    if (groups === undefined) return undefined;
    at = SEGMENT.lastIndex;
    if (groups['any'] !== undefined) segments.push(ANY);
    else if (groups['index'] !== undefined) segments.push(Number(groups['index']));
    else segments.push(groups['name'] ?? groups['quoted'] ?? '');
  }
  return segments.length === 0 ? undefined : { anywhere, segments };
}

/**
 * Replaces what the paths select by `__REDACTED__`, in a JSON text and in JSON texts inside it.
 *
 * A path begins at the root, or at what a tool was given or gave back further in, so that it also
 * holds in message histories. Tools also answer with JSON in a sentence or a fenced block: what
 * stands before it is left alone, and so is text that holds none.
 */
export function redactJsonPaths(text: string, paths: readonly JsonPath[], nested = 0): string {
  const start = looksLikeJson(text) ? 0 : text.search(JSON_IN_TEXT);
  if (start === -1) return text;
  // JSON in JSON in JSON: nobody writes that in good faith, and its end is not looked for.
  if (nested > MAX_NESTED_TEXTS) return REDACTED_VALUE;
  const rewritten = rewriteJson(text.slice(start), {
    hides: (frames) => paths.some((path) => isSelected(path, frames)),
    replacement: REDACTED_VALUE,
    text: (value) => redactJsonPaths(value, paths, nested + 1),
  });
  return text.slice(0, start) + rewritten;
}

function isSelected(path: JsonPath, frames: readonly JsonFrame[]): boolean {
  const first = frames.length - path.segments.length;
  if (first < 0) return false;
  const matches = path.segments.every((segment, position) => {
    const frame = frames[first + position];
    return segment === ANY || segment === frame?.segment;
  });
  if (!matches || path.anywhere || first === 0) return matches;
  const parent = frames[first - 1];
  return parent !== undefined && TOOL_PAYLOAD_KEYS.has(parent.segment);
}
