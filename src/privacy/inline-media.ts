import { REDACTED_VALUE } from './hide-in-json.js';

/** Characters that media written into a value may have. */
export interface MediaLimits {
  readonly imageMaxLength: number;
  readonly audioMaxLength: number;
}

const MEDIA_URL =
  /data:(?<type>image|audio|video)\/[\w.+-]{1,64}(?:;[\w.=+-]{1,64}){0,4},[\w+/=%-]*/gi;
/** `"data": "iVBORw0…"`: how model APIs take media without a URL, in JSON however often quoted. */
const MEDIA_PROPERTY =
  /(?<=\\{0,15}"(?:data|bytes|b64_json|blob|content)\\{0,15}"\s{0,4}:\s{0,4}\\{0,15}")[A-Za-z0-9+/_-]{64,}={0,2}(?=\\{0,15}")/g;
const HOLDS_MEDIA = /data:|"(?:data|bytes|b64_json|blob|content)\\*"/i;
/** First bytes of PNG, JPEG, GIF, BMP; of RIFF (wave), MP3, Ogg, FLAC: what base64 makes of them. */
const IMAGE_START = /^(?:iVBORw0KGgo|\/9j\/|R0lGOD|Qk[01])/;
const AUDIO_START = /^(?:UklGR|SUQz|\/\/[uvsz]|T2dnUw|ZkxhQ)/;
const SHORTEST_MEDIA = 'data:image/x,'.length;
/** A shorter text of these letters that begins like no medium is a hash or an id. */
const SHORTEST_UNKNOWN_MEDIA = 256;

/** A value that is no longer holds nothing that is too long. */
export function shortestLimit({ imageMaxLength, audioMaxLength }: MediaLimits): number {
  return Math.min(imageMaxLength, audioMaxLength);
}

/**
 * Replaces images and sounds that stand in a value and are longer than the limit, in a message part
 * of their own or inside a JSON text: as a `data:` URL, or as bare base64 where a model's API takes
 * it so. Everything else stays as it is.
 */
export function limitInlineMedia(value: string, limits: MediaLimits): string {
  const { imageMaxLength, audioMaxLength } = limits;
  if (value.length <= shortestLimit(limits) || value.length < SHORTEST_MEDIA) return value;
  if (!HOLDS_MEDIA.test(value)) return value;
  return value
    .replace(MEDIA_URL, (url: string, type: string) => {
      const limit = type.toLowerCase() === 'audio' ? audioMaxLength : imageMaxLength;
      return url.length > limit ? REDACTED_VALUE : url;
    })
    .replace(MEDIA_PROPERTY, (base64: string) => {
      const limit = limitOfBytes(base64, limits);
      return base64.length > limit ? REDACTED_VALUE : base64;
    });
}

/** Bytes that tell nothing of their kind, raw samples for one, are held to the stricter limit. */
function limitOfBytes(base64: string, limits: MediaLimits): number {
  if (IMAGE_START.test(base64)) return limits.imageMaxLength;
  if (AUDIO_START.test(base64)) return limits.audioMaxLength;
  return base64.length < SHORTEST_UNKNOWN_MEDIA ? Infinity : shortestLimit(limits);
}
