import type { NamedPattern } from '../redaction-options.js';
import { END, START } from './spoken-numbers.js';

/**
 * A name that promises a secret, and what assigns one. It looks for the sign first and back from
 * there: signs are rare in speech, and letters are not.
 */
const ASSIGNMENT =
  /[:=](?<=(?:key|secret|token|passwd|password|passphrase|pwd|credential|authorization|session|sig|signature)[\w.-]{0,24}\\?["']?\s{0,4}[:=])/i;

/**
 * Keys with their issuer's prefix, which ends with a mark, and what follows it: OpenAI, Anthropic,
 * GitHub, GitLab, Slack, Google, Stripe, …
 */
const KEY_SHAPES: readonly (readonly [prefixes: string, rest: string])[] = [
  [
    String.raw`sk-|github_pat_|gl(?:pat|rt|dt|ptt|cbt)-|gl(?:sa|c)_|ya29\.|pypi-|xai-|pplx-|dckr_pat_|xapp-|GOCSPX-|figd_|tvly-|pcsk_|nvapi-|hv[bsr]\.|sq0(?:atp|csp|idp)-|tskey-|PMAK-|CFPAT-`,
    String.raw`[\w-]{16,512}`,
  ],
  [
    'gh[oprsu]_|hf_|npm_|gsk_|r8_|sk_(?:car_)?|lin_api_|ntn_|csk-|fw_|NRAK-|ph[cxs]_|nfp_|rnd_|secret_',
    '[A-Za-z0-9]{20,255}',
  ],
  ['do[opr]_v1_|shp(?:at|ca|pa|ss)_|sbp_|lsv2_(?:pt|sk)_|key-|pul-', '[0-9a-f_]{32,128}'],
  ['[prs]k_(?:live|test)_|rzp_(?:live|test)_|xox[abeoprs]-', '[A-Za-z0-9-]{10,255}'],
  ['whsec_|sntry[su]_', String.raw`[\w+/=-]{16,512}`],
  [String.raw`SG\.|dp\.(?:pt|st|ct|sa)\.`, String.raw`[\w-]{16,128}(?:\.[\w-]{16,64})?`],
  ['re_', '[A-Za-z0-9]{6,16}_[A-Za-z0-9]{16,64}'],
  [String.raw`pat[A-Za-z0-9]{14}\.`, '[0-9a-f]{40,64}'],
];
/** Keys of AWS, Google, Twilio, Databricks and Atlassian, without a mark after the prefix. */
const UNMARKED_KEYS = String.raw`(?:AKIA|ASIA)[A-Z0-9]{16}|AIza[\w-]{30,64}|(?:SK|dapi)[0-9a-f]{32}|AT[AC]TT3[\w=-]{20,512}`;

const PASSWORD_NAME =
  '(?:password|passwd|passphrase|passcode|pwd|passwort|kennwort|mot de passe|contrase[ñn]a|clave|parola d.ordine|wachtwoord|senha|palavra-passe)';
const NEEDS_PASSWORD_NAME = new RegExp(PASSWORD_NAME, 'i');
const IS = String.raw`(?:\\?["']?\s{0,4}(?:[:=]|=>)\s{0,4}\\?["']?|\s?(?:is|was|.s|ist|war|lautet|est|c.est|es|era|è|é)\s{1,4}["'“„«]?)`;
/** What a password is said to be when it is not said: wrong, expired, working, forgotten. */
const NO_PASSWORD =
  '(?:an?|the|not?|too|so|very|still|always|never|now|also|in|on|my|your|what|wrong|incorrect|correct|right|invalid|valid|weak|strong|gone|lost|same|case|different|empty|good|bad|forgotten|minimum|at' +
  '|falsch|abgelaufen|nicht|zu|gesperrt|ungültig|weg|richtig|noch|leer|zurückgesetzt|vergessen' +
  '|expiré|pas|trop|bloqué|invalide|oublié|incorrecte?|la|le|les|un|una|une|das|die|der' +
  '|incorrect[ao]|erróne[ao]|no|muy|inválid[ao]|caducad[ao]|bloquead[ao]|sbagliat[ao]|scadut[ao]|errat[ao]|non|troppo|bloccat[ao]' +
  String.raw`|verlopen|niet|fout|onjuist|te|geblokkeerd|vergeten|errad[ao]|expirad[ao]|não|muito|[a-z]{1,20}(?:ed|ing))${END}`;
const VALUE = String.raw`[^\s"',;{}()[\]\\“”„«»]`;

/** Bearer tokens, API keys and other credentials, as they appear in text. */
export const CREDENTIAL_PATTERNS: readonly NamedPattern[] = [
  {
    name: 'private-key',
    needs: '-----BEGIN ',
    pattern:
      /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?!-----)[\w\s+/=\\,:.-])*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/,
  },
  {
    // A JSON Web Token. Without the `e`, which is in every second word and slows the search down.
    name: 'token',
    needs: 'yJ',
    pattern: /(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{8,8192}(?:\.[\w-]{0,8192})?/,
  },
  {
    name: 'api-key',
    // From the mark back to the prefix: to look for each prefix everywhere takes five times as long.
    needs: new RegExp(
      String.raw`[-_.](?=[\w+/=-]{10})(?<=${KEY_SHAPES.map(([prefixes]) => prefixes).join('|')})|(?:AKIA|ASIA|AIza|SK|dapi|AT[AC]TT3)[\w-]{16}`,
    ),
    pattern: new RegExp(
      String.raw`(?<![\w-])(?:${KEY_SHAPES.map(([prefixes, rest]) => `(?:${prefixes})${rest}`).join('|')}|${UNMARKED_KEYS})`,
    ),
    // `sk-` also begins names with hyphens.
    accepts: (match) => /\d/.test(match),
  },
  {
    name: 'token',
    needs: /bearer/i,
    pattern:
      /\bbearer(?:\s{1,4}token)?(?:\s{1,4}is)?(?:\s{1,4}|:\s{0,4})(?<secret>[A-Za-z0-9._~+/=-]{8,8192})/i,
    // "A bearer responsible for" is no token.
    accepts: (secret) => /[\d._]/.test(secret) || secret.length > 24,
  },
  {
    // Tokens without a prefix whose shape identifies the issuer: Telegram, Discord.
    name: 'api-key',
    needs: /\d:AA|\.[\w-]{6,7}\./,
    pattern:
      /(?<![\w-])(?:\d{8,10}:AA[\w-]{28,40}|[MNO][\w-]{22,28}\.[\w-]{6,7}\.[\w-]{27,64})(?![\w-])/,
  },
  {
    // Whoever has the address of a webhook may post to it.
    name: 'webhook',
    needs: /hook/i,
    pattern:
      /:\/\/(?:hooks\.slack\.com\/\w{1,16}|hooks\.zapier\.com\/hooks\/catch|discord(?:app)?\.com\/api\/webhooks|[\w-]{1,63}\.webhook\.office\.com\/\w{1,16}|hook\.[\w.-]{1,32}\.make\.com)\/(?<secret>[\w./@-]{6,1024})/i,
  },
  {
    // The password in an address: `postgres://user:password@host`.
    name: 'secret',
    needs: '://',
    pattern: /:\/\/[^\s/:@"']{0,64}:(?<secret>[^\s/@"']{1,256})@/,
  },
  {
    // The password of a command.
    name: 'secret',
    needs: /\s(?:-u|--user)\s/,
    pattern: /\s(?:-u|--user)\s{1,4}["']?[^\s:"']{1,64}:(?<secret>[^\s"']{1,256})/,
  },
  {
    // `the password is hunter2`: a name for it, and a word with a digit or a sign in it.
    name: 'secret',
    needs: NEEDS_PASSWORD_NAME,
    pattern: new RegExp(
      String.raw`${START}${PASSWORD_NAME}${END}(?:${IS}|\s)(?<secret>${VALUE}{4,512})`,
      'i',
    ),
    accepts: (secret) => /\d|[^\p{L}.!?…][^.!?…]|[\p{L}][^\p{L}.!?…'’-]/u.test(secret),
  },
  {
    // `my password is bluebird`: somebody's own, or what it reads.
    name: 'secret',
    needs: NEEDS_PASSWORD_NAME,
    pattern: new RegExp(
      String.raw`${START}(?:(?:my|our|his|her|mein|unser|mon|ma|mi|mia|mijn|ons|minha)\s${PASSWORD_NAME}${IS}|${PASSWORD_NAME}\slautet\s)(?!${NO_PASSWORD})(?<secret>${VALUE}{4,512})`,
      'i',
    ),
  },
  {
    // Signatures in addresses that open what they lead to, and the cookie of a session.
    name: 'secret',
    needs: /(?:sig(?:nature)?|session|sid)=/i,
    pattern: /(?<![a-z])(?:sig|signature|session(?:[_-]?id)?|sid)=(?<secret>[^\s"'&;,]{16,1024})/i,
  },
  {
    name: 'token',
    needs: ASSIGNMENT,
    pattern:
      /\bauthorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?(?<secret>(?:[A-Za-z]{1,16}\s{1,4})?[A-Za-z0-9._~+/=-]{8,8192})/i,
    // "Authorization: required" is no token.
    accepts: (secret) => /[\d._~+/=]|[a-z][A-Z]/.test(secret) || secret.length > 24,
  },
  {
    // `password=…`, `"apiKey": "…"`: a name that promises a secret, and a value as varied as one.
    name: 'secret',
    needs: ASSIGNMENT,
    pattern:
      /(?:(?:api|access|account|private|encryption|signing)[_-]?key|secret(?!ar|ion|iv)|token(?!i[sz])|passwd|password|passphrase|pwd|credential)[\w.-]{0,24}\\?["']?\s{0,4}(?:[:=]|=>)\s{0,4}\\?["']?(?<secret>[^\s"',;{}()[\]\\]{8,512})/i,
    accepts: (secret) =>
      !/^[\d.+-]+$/.test(secret) && entropyBits(secret) >= (/\d/.test(secret) ? 2.5 : 3),
  },
];

/** Shannon entropy of the first characters of a text, in bits per character. */
function entropyBits(text: string): number {
  const beginning = text.slice(0, 64);
  const counts = new Map<string, number>();
  for (const char of beginning) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / beginning.length);
  return bits / beginning.length;
}
