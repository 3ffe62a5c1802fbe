const ELLIPSIS = '…';
const MAX_JSON_DEPTH = 100;
/** Items of an array that stay for every so many bytes that are left. */
const BYTES_PER_ITEM = 32;

/** The first `length` characters, a surrogate pair never halved. */
function head(text: string, length: number): string {
  const last = text.charCodeAt(length - 1);
  const end = last >= 0xd800 && last <= 0xdbff ? length - 1 : length;
  return `${text.slice(0, end)}${ELLIPSIS}`;
}

function parseStructure(text: string): object | undefined {
  if (!/^\s*[[{]/.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The value with every string and array in it at most so large; of arrays the newest items stay. */
function shrunk(value: unknown, size: number, depth: number): unknown {
  if (typeof value === 'string') return value.length > size ? head(value, size) : value;
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_JSON_DEPTH) return null;
  if (Array.isArray(value)) {
    const items = Math.max(1, Math.floor(size / BYTES_PER_ITEM));
    return value.slice(-items).map((item) => shrunk(item, size, depth + 1));
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, shrunk(item, size, depth + 1)]),
  );
}

/**
 * The text in at most `maxBytes` bytes of UTF-8. What was JSON of an object or an array still is:
 * it loses the ends of its strings and the oldest items of its arrays. Other text loses its end and
 * shows that by an ellipsis.
 */
export function cutText(text: string, maxBytes: number): string {
  if (Buffer.byteLength(text) <= maxBytes) return text;
  const structure = parseStructure(text);
  if (structure === undefined) {
    let cut = '';
    for (let length = maxBytes; length >= 1; length = Math.floor(length / 2)) {
      cut = head(text, length);
      if (Buffer.byteLength(cut) <= maxBytes) return cut;
    }
    return '';
  }
  for (let size = maxBytes; size >= 1; size = Math.floor(size / 2)) {
    const cut = JSON.stringify(shrunk(structure, size, 0));
    if (Buffer.byteLength(cut) <= maxBytes) return cut;
  }
  return Array.isArray(structure) ? '[]' : '{}';
}
