import { REDACTED_VALUE } from './hide-in-json.js';

/** Characters that media written into a value may have. */
export interface MediaLimits {
  readonly imageMaxLength: number;
  readonly audioMaxLength: number;
}

/** A line break within base64, in JSON however often quoted. */
const BREAK = String.raw`(?:[\r\n]|\\{1,15}[rn]){1,4}`;
const MEDIA_URL = new RegExp(
  String.raw`data:(?<type>image|audio|video)\/[\w.+-]{1,64}(?:;[\w .="'\\+-]{1,64}(?:,[\w .-]{1,32}\\{0,15}["'])?){0,4},(?:[\w+/=%-]|${BREAK}(?=[\w+/=]))*`,
  'gi',
);
/** Media without a URL, in base64, in one line or several. */
const BASE64 = new RegExp(
  String.raw`(?<![\w+/-])[A-Za-z0-9+/_-]{40,}(?:${BREAK}[A-Za-z0-9+/_-]+)*={0,2}`,
  'g',
);
/** The bytes of media as JSON makes them of a `Buffer` or a `Uint8Array`. */
const BYTES =
  /\[\s{0,8}\d{1,3}(?:\s{0,8},\s{0,8}\d{1,3}){63,}\s{0,8}\]|\{\s{0,8}\\{0,15}"0\\{0,15}"\s{0,4}:\s{0,4}\d{1,3}(?:\s{0,8},\s{0,8}\\{0,15}"\d{1,9}\\{0,15}"\s{0,4}:\s{0,4}\d{1,3}){63,}\s{0,8}\}/g;
/** `"data": "`: how model APIs take media without a URL, in JSON however often quoted. */
const MEDIA_NAME =
  /(?:audio|base64|b64\w{0,8}|blob|bytes|content|data|delta|frame|image|photo|picture|recording|video)\w{0,16}\\{0,15}["']\s{0,4}:\s{0,4}\\{0,15}["']?$/i;
const LONGEST_NAME = 96;
/** First bytes of PNG, JPEG, GIF, BMP; of RIFF (wave), MP3, Ogg, FLAC: what base64 makes of them. */
const IMAGE_START = /^(?:iVBORw0KGgo|\/9j\/|R0lGOD|Qk[01])/;
const AUDIO_START = /^(?:UklGR|SUQz|\/\/[uvsz]|T2dnUw|ZkxhQ)/;
/** A drawing is text, as it is or percent-encoded. One that breaks off goes on to the end. */
const SVG = /<svg[\s>][^]*?(?:<\/svg>|$)|%3Csvg[^]*?(?:%3C(?:\/|%2F)svg%3E|$)/gi;
/** Prose has none of these, and is most of what is looked at. */
const MEDIA_HINT =
  /data:|[\w+/-]{40}|<svg|%3Csvg|\d\s{0,8},\s{0,8}(?:\\{0,15}"\d{1,9}\\{0,15}"\s{0,4}:\s{0,4})?\d{1,3}\s{0,8},/i;
const SHORTEST_MEDIA = 'data:image/x,'.length;
/** A shorter text of these letters that begins like no medium is a hash or an id. */
const SHORTEST_UNKNOWN_MEDIA = 256;
const SHORTEST_BASE64 = 64;

/** A value up to this length cannot contain media that is too long. */
export function shortestLimit({ imageMaxLength, audioMaxLength }: MediaLimits): number {
  return Math.min(imageMaxLength, audioMaxLength);
}

/**
 * Replaces images and sounds in a value that are longer than the limit, in their own message part
 * or inside a JSON text: as a `data:` URL, as base64, as numbers, as SVG. Everything
 * else stays as it is. Numbers become an empty list: that is JSON in any JSON. The attribute's key is
 * the name of base64 that a value begins with.
 */
export function limitInlineMedia(value: string, limits: MediaLimits, key = ''): string {
  const { imageMaxLength, audioMaxLength } = limits;
  if (value.length <= shortestLimit(limits) || value.length < SHORTEST_MEDIA) return value;
  if (!MEDIA_HINT.test(value)) return value;
  const withoutDrawings = value.replace(SVG, (drawing) =>
    drawing.length > imageMaxLength ? REDACTED_VALUE : drawing,
  );
  const withoutUrls = withoutDrawings.replace(MEDIA_URL, (url: string, type: string) => {
    const limit = type.toLowerCase() === 'audio' ? audioMaxLength : imageMaxLength;
    return url.length > limit ? REDACTED_VALUE : url;
  });
  const withoutBase64 = withoutUrls.replace(BASE64, (base64: string, at: number) =>
    base64.length > limitOf(base64, nameBefore(withoutUrls, at, key), limits)
      ? REDACTED_VALUE
      : base64,
  );
  return withoutBase64.replace(BYTES, (bytes: string, at: number) => {
    // The last of the numbers of a `Uint8Array`: its keys are numbers too.
    const start = bytes.slice(0, 400).match(/\d{1,3}(?=\s*[,}\]])/g) ?? [];
    const base64 = Buffer.from(start.slice(0, 12).map(Number)).toString('base64');
    const name = nameBefore(withoutBase64, at, key);
    const limit = limitOf(base64.padEnd(bytes.length, '='), name, limits);
    return bytes.length > limit ? '[]' : bytes;
  });
}

function nameBefore(text: string, at: number, key: string): string {
  return at === 0 ? `"${key}":` : text.slice(Math.max(0, at - LONGEST_NAME), at);
}

/** Bytes of an unknown kind, raw samples for one, get the stricter limit. */
function limitOf(base64: string, name: string, limits: MediaLimits): number {
  if (base64.length < SHORTEST_BASE64) return Infinity;
  if (IMAGE_START.test(base64)) return limits.imageMaxLength;
  if (AUDIO_START.test(base64)) return limits.audioMaxLength;
  if (base64.length < SHORTEST_UNKNOWN_MEDIA) return Infinity;
  return MEDIA_NAME.test(name) ? shortestLimit(limits) : Infinity;
}
