import type { NamedPattern } from '../redaction-options.js';
import { CREDENTIAL_PATTERNS } from './credential-patterns.js';
import { lazyPattern } from './lazy-pattern.js';
import { NUMBER_PATTERNS } from './number-patterns.js';
import { LETTER } from './spoken-numbers.js';

/** Letters of any script count: an address with an umlaut is an address. */
const EMAIL = lazyPattern('email', () => ({
  needs: '@',
  pattern:
    /(?<![\p{L}\p{N}._%+-])(?:[\p{L}\p{N}._%+-]{1,64}')?[\p{L}\p{N}._%+-]{1,256}@(?:[\p{L}\p{N}-]{1,63}\.){1,8}[\p{L}\p{N}-]{2,63}/u,
  // `icon@2x.png` is a file.
  accepts: (match) =>
    /@.+\.[^.]*\p{L}[^.]*$/u.test(match) && !/\.(?:gif|jpe?g|png|svg|webp)$/i.test(match),
}));

// How the signs of an address are called, in English, German, French, Spanish, Italian, Dutch,
// Portuguese.
const AT_NAMES = '(?:at(?: sign)?|ät|klammeraffe|arrobas?|arobase|chiocciola|apenstaartje)';
const DOT_NAMES = '(?:dot|punkt|point|punto|punt|ponto)';
const OTHER_NAMES =
  '(?:underscore|unterstrich|tiret bas|gui[oó]n bajo|sottolineatura|dash|hyphen|minus|bindestrich|strich|tiret|gui[oó]n|trattino|streepje|h[íi]fen|plus)';

const AT = String.raw`(?:\s?[[(]\s?${AT_NAMES}\s?[\])]\s?|\s(?:${AT_NAMES}|@)\s)`;
const DOT = String.raw`(?:\.|\s${DOT_NAMES}\s|\s?[[(]\s?${DOT_NAMES}\s?[\])]\s?)`;
const PART = String.raw`[${LETTER}-]{1,63}`;
/** Letters one by one, as a name is spelled. */
const SPELLED = String.raw`(?:[a-z\u00c0-\u024f]\s){2,20}[a-z\u00c0-\u024f]`;
const LOCAL = String.raw`(?:${SPELLED}|[${LETTER}.+'-]{1,64})(?:(?:${DOT}|\s${OTHER_NAMES}\s)${PART}){0,5}`;
const DOMAIN_END = String.raw`(?:com|net|org|edu|gov|info|biz|io|co|ai|app|dev|shop|online|me|eu|uk|us|ca|au|nz|in|de|at|ch|fr|be|es|mx|ar|it|nl|pt|br|ie|se|no|dk|fi|pl|jp)(?![${LETTER}])`;
const PROVIDER =
  '(?:g(?:oogle)?mail|hotmail|outlook|live|msn|yahoo|icloud|aol|proton(?:mail)?|gmx|web|freenet|t-online|posteo|orange|free|laposte|wanadoo|sfr|telefonica|libero|virgilio|tiscali|ziggo|kpnmail|sapo|uol|terra)';
/** A provider's domain may come without its dot: "gmail com". */
const DOMAIN = String.raw`(?:(?:${PART}${DOT}){1,4}${DOMAIN_END}|${PROVIDER}\s(?:com|net|org|de|fr|es|nl|pt|co\suk)(?![${LETTER}])|(?:libero|virgilio|tiscali)\sit(?![${LETTER}]))`;

/** "Order it at example dot com" names a shop. */
const NO_LOCAL =
  /^(?:a|an|and|available|be|book|bought|buy|find|found|go|her|here|him|in|is|it|look|me|meet|off|on|online|or|order|out|shop|that|them|this|up|us|visit|was|you) at /i;

/** `alice at example dot com`, with the names of the signs or with brackets around them. */
const DICTATED_EMAIL = lazyPattern('email', () => {
  // A sign in the name, a dot by its name, or a provider.
  const isAddress = new RegExp(
    String.raw`^\S*[._+\d-]|\s${DOT_NAMES}\s|\s${PROVIDER}(?![${LETTER}-])[^@]*$`,
    'i',
  );
  return {
    // Less than a domain, which takes ten times as long to compile.
    needs: new RegExp(
      String.raw`${AT}${PART}(?:${DOT}[${LETTER}-]|\s(?:com|net|org|de|fr|es|nl|pt|co|it)(?![${LETTER}]))`,
      'i',
    ),
    pattern: new RegExp(String.raw`(?<![${LETTER}])(?<secret>${LOCAL}${AT}${DOMAIN})`, 'i'),
    accepts: (match) => !/\sat\s/i.test(match) || (!NO_LOCAL.test(match) && isAddress.test(match)),
  };
});

// Every repetition in these is bounded, or parted by what it cannot match itself, and every check
// looks at each character of a match once: no text makes these slow.
// `test/privacy/pattern-cost.test.ts` measures it.

/**
 * E-mail addresses, phone numbers, payment cards (Luhn) with their code and expiry, IBANs (modulo
 * 97), identity numbers, passwords and PINs next to their name, tokens and API keys, as they are
 * written and as they are dictated in English, German, French, Spanish, Italian, Dutch and
 * Portuguese. What is matched becomes `[REDACTED:email]`, `[REDACTED:card]` and so on.
 */
export const DEFAULT_REDACT_PATTERNS: readonly NamedPattern[] = [
  ...CREDENTIAL_PATTERNS,
  EMAIL,
  DICTATED_EMAIL,
  ...NUMBER_PATTERNS,
];
