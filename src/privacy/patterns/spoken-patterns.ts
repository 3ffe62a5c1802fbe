import type { NamedPattern } from '../redaction-options.js';

const WORD = '(?:zero|oh|one|two|three|four|five|six|seven|eight|nine)';
const DIGIT = String.raw`(?:(?:double|triple)\s)?(?:${WORD}|\d(?!\d))`;
const ONE_WORD = String.raw`(?:double|triple|${WORD}|\d)`;
/** A pause, a comma or a hyphen, as transcripts set them between digits. */
const BETWEEN = String.raw`(?:[,.]?\s{1,2}|[\u2010-\u2015-])`;
const EACH_DIGIT = new RegExp(String.raw`\b(?:${WORD}|\d)\b`, 'gi');
const FEWEST_DIGITS = 7;

/** A number given digit by digit: nobody does that with a price or a time. */
const DICTATED_NUMBER: NamedPattern = {
  name: 'number',
  // Five words of the six or more, from the second on: the gap before it is quicker to look for.
  needs: new RegExp(String.raw`[\s\u2010-\u2015-]${ONE_WORD}(?:${BETWEEN}${ONE_WORD}){4}`, 'i'),
  pattern: new RegExp(
    String.raw`(?<![\p{L}\p{N}])${DIGIT}(?:${BETWEEN}${DIGIT}){5,40}(?![\p{L}\p{N}])`,
    'iu',
  ),
  accepts: (match) => {
    const doubled = match.match(/double|triple/gi)?.length ?? 0;
    const digits = (match.match(EACH_DIGIT)?.length ?? 0) + doubled;
    // A list of figures, as code and JSON have it.
    return digits >= FEWEST_DIGITS && !/^\d(?:[,.]\s\d)+[,.]?$/.test(match);
  },
};

const DOMAIN_END =
  '(?:com|net|org|edu|gov|info|io|co|ai|app|dev|me|eu|uk|us|ca|au|in|de|fr|es|it|nl)';
const PART = String.raw`[\p{L}\p{N}_-]{1,63}`;

const DOT = String.raw`(?:\sdot\s|\.)`;

/**
 * `alice at example dot com`, with what may stand for the `@` and between the parts of the domain.
 * One pattern for each of these, since each has something of its own that is quick to look for.
 */
function dictatedEmail(needs: RegExp, at: string, dot: string): NamedPattern {
  return {
    name: 'email',
    needs,
    pattern: new RegExp(
      String.raw`(?<![\p{L}\p{N}])[\p{L}\p{N}._+-]{2,64}(?:\s(?:dot|underscore|dash)\s${PART}){0,4}${at}(?:${PART}${dot}){1,4}${DOMAIN_END}(?![\p{L}\p{N}])`,
      'iu',
    ),
    // "Order it at example dot com" names a shop.
    accepts: (match) =>
      / dot |@|[([]at/i.test(match) &&
      !/^(?:available|book|bought|buy|find|found|here|is|it|look|me|online|order|that|them|this|us|visit|you) at /i.test(
        match,
      ),
  };
}

/** What is dictated on a call, in English. */
export const SPOKEN_PATTERNS: readonly NamedPattern[] = [
  DICTATED_NUMBER,
  dictatedEmail(/\sdot\s/i, String.raw`\sat\s`, String.raw`\sdot\s`),
  dictatedEmail(/[([]at[)\]]/i, String.raw`\s?[(\[]at[)\]]\s?`, DOT),
  dictatedEmail(/\s@\s/, String.raw`\s@\s`, DOT),
];
