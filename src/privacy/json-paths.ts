import { hideInJson, isJson, REDACTED_VALUE, type JsonSelection } from './hide-in-json.js';

type Segment = string | number | typeof ANY;

/** A JSON path that was understood. */
export interface JsonPath {
  /** `$..`: the segments may begin at any depth. */
  readonly anywhere: boolean;
  readonly segments: readonly Segment[];
}

const ANY: unique symbol = Symbol('any');
const SEGMENT =
  /(?:\.(?<name>[^.[\]'"*\s]+)|\[(?<index>\d{1,9})\]|\[(?<quote>['"])(?<quoted>(?:(?!\k<quote>).)+)\k<quote>\]|(?<any>\.\*|\[\*\]))/y;
/** Names that JSON writes as they are. */
const PLAIN_NAME = /^[^"\\\p{Cc}\p{Cs}]+$/u;

/**
 * Properties with the arguments or the result of a tool, in all message formats in use: also as the
 * AI SDK from 5 on, Bedrock and MCP wrap a result.
 */
const TOOL_PAYLOAD_KEYS: ReadonlySet<string | number | undefined> = new Set(
  'arguments args input output parameters response result content value json structuredContent'.split(
    ' ',
  ),
);

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
 * What these paths select. A path begins at the root, or at the arguments or the result of a tool
 * further in, so that it also works in message histories.
 */
export function selectionOfPaths(paths: readonly JsonPath[]): JsonSelection {
  const names = paths.map(({ segments }) => segments.findLast((name) => typeof name === 'string'));
  const arePlain = names.every((name) => name !== undefined && PLAIN_NAME.test(name));
  return {
    names: arePlain ? names.filter((name) => name !== undefined) : undefined,
    selects: (trail) => paths.some((path) => isSelected(path, trail)),
  };
}

function isSelected(path: JsonPath, trail: readonly (string | number)[]): boolean {
  const first = trail.length - path.segments.length;
  if (first < 0) return false;
  const matches = path.segments.every(
    (segment, position) => segment === ANY || segment === trail[first + position],
  );
  return matches && (path.anywhere || first === 0 || TOOL_PAYLOAD_KEYS.has(trail[first - 1]));
}

/** Hides what is selected. A tool span's value that is not readable JSON is hidden as a whole. */
export function hidePaths(value: string, selection: JsonSelection, kind: string): string {
  if (kind === 'TOOL' && (/\{\s*'/.test(value) || (/^\s*[[{]/.test(value) && !isJson(value)))) {
    return REDACTED_VALUE;
  }
  return hideInJson(value, selection);
}
