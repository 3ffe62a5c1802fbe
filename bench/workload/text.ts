import { PROSE } from './prose.js';
import { pickInteger, type Random } from './random.js';

/**
 * The alphabet of the generated text. The words are the same in all three, so that a difference
 * between them comes from the alphabet alone: `ascii`, `latin1` (every vowel accented, two UTF-8
 * bytes, one byte in V8's heap) or `cyrillic` (every letter two bytes, in UTF-8 and in the heap).
 */
export type Alphabet = 'ascii' | 'latin1' | 'cyrillic';

export interface TextSource {
  /** Sentences of `count` words in all. */
  words(count: number): string;
}

const ASCII_LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
const LETTERS: Readonly<Record<Alphabet, string>> = {
  ascii: ASCII_LETTERS,
  latin1: 'âbcdéfghïjklmnöpqrstüvwxyzÂBCDÉFGHÏJKLMNÖPQRSTÜVWXYZ',
  cyrillic: 'абцдефгхийклмнопярстувшжызАБЦДЕФГХИЙКЛМНОПЯРСТУВШЖЫЗ',
};

/** How often a word is followed by one that never followed it in the prose; sets the gzip ratio. */
const JUMP_PROBABILITY = 0.25;

/** Order-1 Markov text. The same seed gives the same words in every process. */
export function createTextSource(random: Random, alphabet: Alphabet): TextSource {
  const words = transliterate(PROSE, alphabet).trim().split(/\s+/);
  const followers = new Map<string, string[]>();
  for (const [index, word] of words.entries()) {
    const next = words[(index + 1) % words.length] ?? word;
    const known = followers.get(word);
    if (known === undefined) followers.set(word, [next]);
    else known.push(next);
  }
  const pick = (from: readonly string[]): string =>
    from[pickInteger(random, 0, from.length - 1)] ?? '';
  return {
    words(count) {
      const chosen: string[] = [];
      let word = pick(words);
      while (chosen.length < count) {
        chosen.push(word);
        word = random() < JUMP_PROBABILITY ? pick(words) : pick(followers.get(word) ?? words);
      }
      return chosen.join(' ');
    },
  };
}

function transliterate(text: string, alphabet: Alphabet): string {
  if (alphabet === 'ascii') return text;
  return text.replace(
    /[a-zA-Z]/g,
    (letter) => LETTERS[alphabet][ASCII_LETTERS.indexOf(letter)] ?? letter,
  );
}
