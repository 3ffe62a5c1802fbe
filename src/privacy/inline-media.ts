import { REDACTED_VALUE } from './redacted-value.js';

/** Characters that media written into a value may have. */
export interface MediaLimits {
  readonly imageMaxLength: number;
  readonly audioMaxLength: number;
}

const INLINE_MEDIA =
  /data:(?<type>image|audio|video)\/[\w.+-]{1,64}(?:;[\w.=+-]{1,64}){0,4},[\w+/=%-]*/gi;
const SHORTEST_MEDIA = 'data:image/x,'.length;

/**
 * Replaces images and sounds that stand in a value as a `data:` URL and are longer than the limit,
 * in a message part of their own or inside a JSON text. Everything else stays as it is.
 */
export function limitInlineMedia(value: string, limits: MediaLimits): string {
  const shortest = Math.min(limits.imageMaxLength, limits.audioMaxLength);
  if (value.length <= shortest || value.length < SHORTEST_MEDIA) return value;
  if (!/data:/i.test(value)) return value;
  return value.replace(INLINE_MEDIA, (url: string, type: string) => {
    const isAudio = type.toLowerCase() === 'audio';
    const limit = isAudio ? limits.audioMaxLength : limits.imageMaxLength;
    return url.length > limit ? REDACTED_VALUE : url;
  });
}
