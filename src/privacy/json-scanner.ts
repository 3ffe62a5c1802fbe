/** An object or array that the scanner is inside of, and how far it got. */
export interface JsonFrame {
  /** Key of the value at hand, or its position in an array. */
  segment: string | number;
  readonly isArray: boolean;
  expectsKey: boolean;
}

/** What to change in a JSON text. */
export interface JsonEdits {
  /** Whether the value that begins here, inside these frames, is replaced by `replacement`. */
  readonly hides?: (frames: readonly JsonFrame[]) => boolean;
  readonly replacement?: string;
  /** Rewrites a string (decoded; keys as well) or a number (as it is written). */
  readonly text?: (value: string) => string;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SCALAR_END = /[\s,:\]}"[{]/g;
const JSON_TOKEN = /^(?:"|-?\d|true$|false$|null$)/;
const JSON_START = /^\s*[[{"]/;

/** Whether a text looks like a JSON object, array or string. */
export function looksLikeJson(text: string): boolean {
  return JSON_START.test(text);
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
 * Rewrites a JSON text in one pass, and leaves it as it is outside the edits: its spacing, the
 * digits of its numbers, its order.
 *
 * It scans instead of parsing, so that depth costs no stack and a text which breaks off in the
 * middle (arguments of an interrupted model) is edited as far as it goes.
 */
export function rewriteJson(text: string, edits: JsonEdits): string {
  return new JsonScanner(text, edits).run();
}

class JsonScanner {
  readonly #text: string;
  readonly #edits: JsonEdits;
  readonly #frames: JsonFrame[] = [];
  #written = '';
  #copiedTo = 0;

  constructor(text: string, edits: JsonEdits) {
    this.#text = text;
    this.#edits = edits;
  }

  run(): string {
    const text = this.#text;
    let at = 0;
    while (at < text.length) at = this.#step(at);
    if (this.#copiedTo === 0) return text;
    return this.#written + text.slice(this.#copiedTo);
  }

  #step(at: number): number {
    const frame = this.#frames.at(-1);
    switch (this.#text[at]) {
      case '{':
      case '[':
        return this.#open(at);
      case '}':
      case ']':
        this.#frames.pop();
        return at + 1;
      case ',':
        if (typeof frame?.segment === 'number') frame.segment += 1;
        else if (frame !== undefined) frame.expectsKey = true;
        return at + 1;
      case '"':
        if (frame?.expectsKey === true) return this.#key(at, frame);
        return this.#scalar(at, endOfString(this.#text, at));
      case ':':
      case ' ':
      case '\n':
      case '\r':
      case '\t':
        return at + 1;
      default:
        return this.#scalar(at, endOfScalar(this.#text, at));
    }
  }

  #open(at: number): number {
    if (this.#edits.hides?.(this.#frames) === true) {
      const end = endOfNested(this.#text, at);
      this.#replace(at, end, JSON.stringify(this.#edits.replacement ?? ''));
      return end;
    }
    const isArray = this.#text[at] === '[';
    this.#frames.push({ segment: isArray ? 0 : '', isArray, expectsKey: !isArray });
    return at + 1;
  }

  #key(at: number, frame: JsonFrame): number {
    const end = endOfString(this.#text, at);
    const key = decode(this.#text.slice(at, end));
    frame.segment = key;
    frame.expectsKey = false;
    this.#rewrite(at, end, key);
    return end;
  }

  #scalar(at: number, end: number): number {
    if (this.#edits.hides?.(this.#frames) === true) {
      this.#replace(at, end, JSON.stringify(this.#edits.replacement ?? ''));
    } else this.#rewrite(at, end, decode(this.#text.slice(at, end)));
    return end;
  }

  #rewrite(at: number, end: number, value: string): void {
    const rewritten = this.#edits.text?.(value) ?? value;
    if (rewritten === value) return;
    // What is no JSON after all (`{'to': …}`) gets no quotes that it did not have.
    const isJsonToken = JSON_TOKEN.test(this.#text.slice(at, Math.min(end, at + 32)));
    this.#replace(at, end, isJsonToken ? JSON.stringify(rewritten) : rewritten);
  }

  #replace(at: number, end: number, replacement: string): void {
    this.#written += this.#text.slice(this.#copiedTo, at) + replacement;
    this.#copiedTo = end;
  }
}

/** Decodes a string token; other tokens, and strings that break off, are taken as written. */
function decode(token: string): string {
  if (!token.startsWith('"')) return token;
  const closed = token.length > 1 && token.endsWith('"');
  const inner = token.slice(1, closed ? -1 : undefined);
  if (!inner.includes('\\')) return inner;
  try {
    const decoded: unknown = JSON.parse(closed ? token : `${token}"`);
    return typeof decoded === 'string' ? decoded : inner;
  } catch {
    return inner;
  }
}

function endOfString(text: string, at: number): number {
  for (let index = at + 1; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    if (code === BACKSLASH) index += 1;
    else if (code === QUOTE) return index + 1;
  }
  return text.length;
}

function endOfScalar(text: string, at: number): number {
  SCALAR_END.lastIndex = at + 1;
  return SCALAR_END.exec(text)?.index ?? text.length;
}

function endOfNested(text: string, at: number): number {
  let depth = 0;
  for (let index = at; index < text.length; index += 1) {
    const char = text[index];
    if (char === '"') index = endOfString(text, index) - 1;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) return index + 1;
    }
  }
  return text.length;
}
