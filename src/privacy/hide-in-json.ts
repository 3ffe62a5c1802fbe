/** What replaces hidden content (OpenInference, `spec/configuration.md`). */
export const REDACTED_VALUE = '__REDACTED__';

/** Keys and positions that lead from the root of a JSON text to a value. */
type JsonTrail = readonly (string | number)[];

/** Values to hide in a JSON text. */
export interface JsonSelection {
  /** One of these is in every text with a selected value. `undefined`: any text may have one. */
  readonly names: readonly string[] | undefined;
  readonly selects: (trail: JsonTrail) => boolean;
}

/** What is deeper, or nested in more strings, is hidden: nobody writes that in good faith. */
const MAX_DEPTH = 500;
const MAX_NESTED_TEXTS = 4;
/** A name or a slash in JSON may be written so that it is not found as text. */
const ESCAPED = /\\[u/]/;
/**
 * An object, or a list of texts or objects, as it begins, perhaps inside of a JSON string. Also as
 * JavaScript, Python or JSON5 print it: that cannot be read, so the rest of the text counts as it.
 */
const JSON_START = /[[{](?:\s|\\[nrt]?)*["'[{]|\{[^{}:=]{0,100}(?::|=>)/g;
const BEGINS_AS_JSON = /^\s*[[{]\s*["[{\d-]/;
/** A string with the colon after it, a number, a bracket. */
const JSON_TOKEN = /"[^"\\]*(?:\\[^][^"\\]*)*(?:"(\s*:)?|\\?$)|-?\d[\d.eE+-]*|[[\]{}]/g;
const NUMBER_MARK = '\0';
const MARKED_NUMBER = /"\\u0000(-?\d[\d.eE+-]*)"/g;

/** Whether a text looks like a JSON object, array or string. */
export function looksLikeJson(text: string): boolean {
  return /^\s*[[{"]/.test(text);
}

/** Whether a text is JSON from its first character to its last. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Replaces the selected values by `__REDACTED__`, in a JSON text, in JSON texts inside its strings
 * and in JSON inside a sentence or a fenced block. A text in which nothing is selected is
 * returned unchanged; one that is changed loses its spacing.
 *
 * Fails closed: from where JSON cannot be read, because it breaks off (arguments of an interrupted
 * model) or is none, the rest of the text is hidden if it may contain something selected.
 */
export function hideInJson(text: string, selection: JsonSelection, nested = 0): string {
  if (!mayHold(text, selection)) return text;
  if (looksLikeJson(text)) {
    if (nested > MAX_NESTED_TEXTS) return REDACTED_VALUE;
    const hidden = hideInWhole(text, selection, nested);
    if (hidden !== undefined) return hidden;
    if (BEGINS_AS_JSON.test(text) && endOfJson(text, 0) === undefined) return REDACTED_VALUE;
  }
  let hidden = '';
  let copiedTo = 0;
  for (;;) {
    JSON_START.lastIndex = copiedTo;
    const start = JSON_START.exec(text)?.index;
    if (start === undefined) return hidden + text.slice(copiedTo);
    const end = nested > MAX_NESTED_TEXTS ? undefined : endOfJson(text, start);
    const part =
      end === undefined ? undefined : hideInWhole(text.slice(start, end), selection, nested);
    hidden += text.slice(copiedTo, start);
    if (end === undefined || part === undefined) {
      const rest = text.slice(start);
      return hidden + (mayHold(rest, selection) ? REDACTED_VALUE : rest);
    }
    hidden += part;
    copiedTo = end;
  }
}

function mayHold(text: string, { names }: JsonSelection): boolean {
  return names === undefined || names.some((name) => text.includes(name)) || ESCAPED.test(text);
}

/** Where the JSON value ends that begins here; `undefined` when it breaks off. */
function endOfJson(text: string, start: number): number | undefined {
  let depth = 0;
  JSON_TOKEN.lastIndex = start;
  for (let token = JSON_TOKEN.exec(text); token !== null; token = JSON_TOKEN.exec(text)) {
    if (token[0] === '{' || token[0] === '[') depth += 1;
    else if (token[0] === '}' || token[0] === ']') depth -= 1;
    if (depth === 0) return JSON_TOKEN.lastIndex;
  }
  return undefined;
}

/** The same for a text that is JSON as a whole; `undefined` for one that is not. */
function hideInWhole(json: string, selection: JsonSelection, nested: number): string | undefined {
  let keysWritten = 0;
  // Numbers that parsing would round or spell anew are parsed as marked strings.
  const exact = json.replace(JSON_TOKEN, (token, colon: string | undefined) => {
    if (colon !== undefined) keysWritten += 1;
    const isRound = !/^[-\d]/.test(token) || String(Number(token)) === token;
    return isRound ? token : JSON.stringify(NUMBER_MARK + token);
  });
  let root: unknown;
  try {
    root = JSON.parse(exact);
  } catch {
    return undefined;
  }
  const trail: (string | number)[] = [];
  let keysSeen = 0;
  let isChanged = false;
  const hide = (value: unknown): unknown => {
    if (selection.selects(trail)) return REDACTED_VALUE;
    if (typeof value === 'string') {
      return value.startsWith(NUMBER_MARK) ? value : hideInJson(value, selection, nested + 1);
    }
    if (typeof value !== 'object' || value === null) return value;
    if (trail.length >= MAX_DEPTH) return REDACTED_VALUE;
    for (const key of Object.keys(value)) {
      if (!Array.isArray(value)) keysSeen += 1;
      const before: unknown = Reflect.get(value, key);
      trail.push(Array.isArray(value) ? Number(key) : key);
      const after = hide(before);
      trail.pop();
      if (after === before) continue;
      isChanged = true;
      Reflect.set(value, key, after);
    }
    return value;
  };
  const hidden = hide(root);
  // Of a key that is written twice the parser keeps the last value, and the text has both.
  if (hidden === root && !isChanged) return keysSeen === keysWritten ? json : REDACTED_VALUE;
  return JSON.stringify(hidden).replace(MARKED_NUMBER, '$1');
}

const CONVERSATION =
  'chat_history contents conversation history input inputText inputs message messages prediction prompt';
/** Parameters of model calls that may contain the conversation so far, in the APIs in use. */
export const CONVERSATION_PARAMETERS: JsonSelection = selectionOf(CONVERSATION);

/** Parameters of model calls that contain what the caller said. */
export const CONTENT_PARAMETERS: JsonSelection = selectionOf(
  `${CONVERSATION} documents functions instructions metadata query safety_identifier suffix system systemInstruction system_instruction tools user`,
);

/** Properties of a model call's request that offer tools, in the APIs in use. */
export const TOOL_PROPERTIES: JsonSelection = selectionOf(
  'functionDeclarations function_declarations functions toolConfig tools',
);

/** Selects every value under one of these names. */
function selectionOf(list: string): JsonSelection {
  const names = list.split(' ');
  const selected: ReadonlySet<string | number> = new Set(names);
  return { names, selects: (trail) => selected.has(trail.at(-1) ?? 0) };
}

/** Hides these properties in a request inside a value as JSON, or the value of one of them. */
export function hideProperties(key: string, value: string, selection: JsonSelection): string {
  const isProperty = selection.selects([key.slice(key.lastIndexOf('.') + 1)]);
  return isProperty ? REDACTED_VALUE : hideInJson(value, selection);
}
