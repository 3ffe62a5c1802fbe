import type { NamedPattern } from '../redaction-options.js';
import { END, START } from './spoken-numbers.js';

/**
 * A name that promises a secret, and what assigns one. It looks for the sign first and back from
 * there: signs are rare in speech, and letters are not.
 */
const ASSIGNMENT =
  /[:=](?<=(?:key|secret|token|passwd|password|passphrase|pwd|credential|authorization|session|sig|signature)[\w.-]{0,24}\\?["']?\s{0,4}[:=])/i;

const BEARER: NamedPattern = {
  name: 'token',
  needs: /bearer/i,
  pattern:
    /\bbearer(?:\s{1,4}token)?(?:\s{1,4}is)?(?:\s{1,4}|:\s{0,4})(?<secret>[A-Za-z0-9._~+/=-]{8,8192})/i,
  // "A bearer responsible for" is no token.
  accepts: (secret) => /[\d._]/.test(secret) || secret.length > 24,
};

const AUTHORIZATION: NamedPattern = {
  name: 'token',
  needs: ASSIGNMENT,
  pattern:
    /\bauthorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?(?<secret>(?:[A-Za-z]{1,16}\s{1,4})?[A-Za-z0-9._~+/=-]{8,8192})/i,
  // "Authorization: required" is no token.
  accepts: (secret) => /[\d._~+/=]|[a-z][A-Z]/.test(secret) || secret.length > 24,
};

const JWT: NamedPattern = {
  name: 'token',
  // Without the `e`, which is in every second word and slows the search down.
  needs: 'yJ',
  pattern: /(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{8,8192}(?:\.[\w-]{0,8192})?/,
};

/** Beginning of a key and what follows it, as patterns. */
type KeyShape = readonly [prefix: string, rest: string];

/** Keys with their issuer's prefix: OpenAI, Anthropic, AWS, GitHub, GitLab, Slack, Google, Stripe, … */
const KEY_SHAPES: readonly KeyShape[] = [
  ['sk-', String.raw`[\w-]{16,512}`],
  ['gh[oprsu]_', '[A-Za-z0-9]{20,255}'],
  ['github_pat_', String.raw`\w{20,255}`],
  ['glpat-', String.raw`[\w-]{16,255}`],
  ['xox[abeoprs]-', String.raw`[\w-]{10,255}`],
  [String.raw`ya29\.`, String.raw`[\w-]{16,512}`],
  ['hf_', '[A-Za-z0-9]{20,64}'],
  ['npm_', '[A-Za-z0-9]{20,64}'],
  ['pypi-', String.raw`[\w-]{16,255}`],
  ['[prs]k_(?:live|test)_', '[A-Za-z0-9]{10,255}'],
  ['whsec_', '[A-Za-z0-9+/=]{16,255}'],
  [String.raw`SG\.`, String.raw`[\w-]{16,64}\.[\w-]{16,64}`],
  ['gsk_', '[A-Za-z0-9]{20,128}'],
  ['xai-', String.raw`[\w-]{20,255}`],
  ['pplx-', String.raw`[\w-]{20,128}`],
  ['r8_', '[A-Za-z0-9]{20,64}'],
  ['dckr_pat_', String.raw`[\w-]{16,64}`],
  ['xapp-', String.raw`[\w-]{16,255}`],
  ['GOCSPX-', String.raw`[\w-]{20,64}`],
  ['sk_(?:car_)?', '[A-Za-z0-9]{20,128}'],
  ['do[opr]_v1_', '[0-9a-f]{32,128}'],
  ['shp(?:at|ca|pa|ss)_', '[0-9a-f]{32}'],
  ['lin_api_', '[A-Za-z0-9]{20,64}'],
  ['ntn_', '[A-Za-z0-9]{20,64}'],
  ['figd_', String.raw`[\w-]{20,64}`],
  ['sbp_', '[0-9a-f]{32,64}'],
  ['tvly-', String.raw`[\w-]{16,64}`],
  ['lsv2_(?:pt|sk)_', '[0-9a-f_]{32,64}'],
  ['pcsk_', String.raw`\w{32,128}`],
  ['nvapi-', String.raw`[\w-]{32,128}`],
  ['csk-', '[A-Za-z0-9]{20,64}'],
  ['fw_', '[A-Za-z0-9]{20,64}'],
  ['gl(?:sa|c)_', String.raw`\w{20,255}`],
  ['gl(?:rt|dt|ptt|cbt)-', String.raw`[\w-]{16,255}`],
  [String.raw`hv[bsr]\.`, String.raw`[\w-]{16,255}`],
  ['re_', '[A-Za-z0-9]{6,16}_[A-Za-z0-9]{16,64}'],
  [String.raw`pat[A-Za-z0-9]{14}\.`, '[0-9a-f]{40,64}'],
  ['sq0(?:atp|csp|idp)-', String.raw`[\w-]{16,64}`],
  ['tskey-', String.raw`[\w-]{16,255}`],
  ['NRAK-', '[A-Z0-9]{20,64}'],
  ['key-', '[0-9a-f]{32}'],
  ['sntry[su]_', String.raw`[\w+/=-]{20,512}`],
  ['PMAK-', '[0-9a-f]{24}-[0-9a-f]{16,64}'],
  ['ph[cxs]_', '[A-Za-z0-9]{20,64}'],
  ['rzp_(?:live|test)_', '[A-Za-z0-9]{10,64}'],
  [String.raw`dp\.(?:pt|st|ct|sa)\.`, String.raw`[\w.]{16,128}`],
  ['pul-', '[0-9a-f]{40}'],
  ['nfp_', '[A-Za-z0-9]{20,64}'],
  ['rnd_', '[A-Za-z0-9]{20,64}'],
  ['secret_', '[A-Za-z0-9]{30,64}'],
  ['CFPAT-', String.raw`[\w-]{20,64}`],
];

/** Keys of AWS, Google, Twilio, Databricks and Atlassian, without a mark after the prefix. */
const UNMARKED_KEY_SHAPES: readonly KeyShape[] = [
  ['(?:AKIA|ASIA)', '[A-Z0-9]{16}'],
  ['AIza', String.raw`[\w-]{30,64}`],
  ['SK', '[0-9a-f]{32}'],
  ['dapi', '[0-9a-f]{32}'],
  ['AT(?:ATT|CTT)3', String.raw`[\w=-]{20,512}`],
];

function prefixes(shapes: readonly KeyShape[]): string {
  return shapes.map(([prefix]) => prefix).join('|');
}

const API_KEY: NamedPattern = {
  name: 'api-key',
  // From the mark back to the prefix: to look for each prefix everywhere takes five times as long.
  needs: new RegExp(
    String.raw`[-_.](?=[\w+/=-]{10})(?<=${prefixes(KEY_SHAPES)})|(?:${prefixes(UNMARKED_KEY_SHAPES)})[\w-]{16}`,
  ),
  pattern: new RegExp(
    String.raw`(?<![\w-])(?:${[...KEY_SHAPES, ...UNMARKED_KEY_SHAPES].map((shape) => shape.join('')).join('|')})`,
  ),
  // `sk-` also begins names with hyphens.
  accepts: (match) => /\d/.test(match),
};

const PRIVATE_KEY: NamedPattern = {
  name: 'private-key',
  needs: '-----BEGIN ',
  pattern:
    /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----(?:(?!-----)[\w\s+/=\\,:.-])*(?:-----END [A-Z ]{0,30}PRIVATE KEY-----)?/,
};

/** The password in an address: `postgres://user:password@host`. */
const URL_PASSWORD: NamedPattern = {
  name: 'secret',
  needs: '://',
  pattern: /:\/\/[^\s/:@"']{0,64}:(?<secret>[^\s/@"']{1,256})@/,
};

/** Tokens without a prefix whose shape identifies the issuer: Telegram, Discord. */
const BOT_TOKEN: NamedPattern = {
  name: 'api-key',
  needs: /\d:AA|\.[\w-]{6,7}\./,
  pattern:
    /(?<![\w-])(?:\d{8,10}:AA[\w-]{28,40}|[MNO][\w-]{22,28}\.[\w-]{6,7}\.[\w-]{27,64})(?![\w-])/,
};

/** Whoever has the address of a webhook may post to it. */
const WEBHOOK: NamedPattern = {
  name: 'webhook',
  needs: /hook/i,
  pattern:
    /:\/\/(?:hooks\.slack\.com\/\w{1,16}|hooks\.zapier\.com\/hooks\/catch|discord(?:app)?\.com\/api\/webhooks|[\w-]{1,63}\.webhook\.office\.com\/\w{1,16}|hook\.[\w.-]{1,32}\.make\.com)\/(?<secret>[\w./@-]{6,1024})/i,
};

const COMMAND_LINE_PASSWORD: NamedPattern = {
  name: 'secret',
  needs: /\s(?:-u|--user)\s/,
  pattern: /\s(?:-u|--user)\s{1,4}["']?[^\s:"']{1,64}:(?<secret>[^\s"']{1,256})/,
};

/** Signatures in addresses that open what they lead to, and the cookie of a session. */
const SIGNATURE: NamedPattern = {
  name: 'secret',
  needs: /(?:sig(?:nature)?|session|sid)=/i,
  pattern: /(?<![a-z])(?:sig|signature|session(?:[_-]?id)?|sid)=(?<secret>[^\s"'&;,]{16,1024})/i,
};

const PASSWORD_NAME =
  '(?:password|passwd|passphrase|passcode|pwd|passwort|kennwort|mot de passe|contrase[ñn]a|clave|parola d.ordine|wachtwoord|senha|palavra-passe)';
const IS = String.raw`(?:\\?["']?\s{0,4}(?:[:=]|=>)\s{0,4}\\?["']?|\s?(?:is|was|.s|ist|war|lautet|est|c.est|es|era|è|é)\s{1,4}["'“„«]?)`;
/** What a password is said to be when it is not said: wrong, expired, working, forgotten. */
const NO_PASSWORD =
  '(?:an?|the|not?|too|so|very|still|always|never|now|also|in|on|my|your|what|wrong|incorrect|correct|right|invalid|valid|weak|strong|gone|lost|same|case|different|empty|good|bad|forgotten|minimum|at' +
  '|falsch|abgelaufen|nicht|zu|gesperrt|ungültig|weg|richtig|noch|leer|zurückgesetzt|vergessen' +
  '|expiré|pas|trop|bloqué|invalide|oublié|incorrecte?|la|le|les|un|una|une|das|die|der' +
  '|incorrect[ao]|erróne[ao]|no|muy|inválid[ao]|caducad[ao]|bloquead[ao]|sbagliat[ao]|scadut[ao]|errat[ao]|non|troppo|bloccat[ao]' +
  String.raw`|verlopen|niet|fout|onjuist|te|geblokkeerd|vergeten|errad[ao]|expirad[ao]|não|muito|[a-z]{1,20}(?:ed|ing))${END}`;
const VALUE = String.raw`[^\s"',;{}()[\]\\“”„«»]`;

/** `the password is hunter2`: a name for it, and a word with a digit or a sign in it. */
const PASSWORD: NamedPattern = {
  name: 'secret',
  needs: new RegExp(PASSWORD_NAME, 'i'),
  pattern: new RegExp(
    String.raw`${START}${PASSWORD_NAME}${END}(?:${IS}|\s)(?<secret>${VALUE}{4,512})`,
    'i',
  ),
  accepts: (secret) => /\d|[^\p{L}.!?…][^.!?…]|[\p{L}][^\p{L}.!?…'’-]/u.test(secret),
};

/** `my password is bluebird`: somebody's own, or what it reads. */
const OWN_PASSWORD: NamedPattern = {
  name: 'secret',
  needs: PASSWORD.needs ?? '',
  pattern: new RegExp(
    String.raw`${START}(?:(?:my|our|his|her|mein|unser|mon|ma|mi|mia|mijn|ons|minha)\s${PASSWORD_NAME}${IS}|${PASSWORD_NAME}\slautet\s)(?!${NO_PASSWORD})(?<secret>${VALUE}{4,512})`,
    'i',
  ),
};

/** `password=…`, `"apiKey": "…"`: a name that promises a secret, and a value as varied as one. */
const ASSIGNED_SECRET: NamedPattern = {
  name: 'secret',
  needs: ASSIGNMENT,
  pattern:
    /(?:(?:api|access|account|private|encryption|signing)[_-]?key|secret(?!ar|ion|iv)|token(?!i[sz])|passwd|password|passphrase|pwd|credential)[\w.-]{0,24}\\?["']?\s{0,4}(?:[:=]|=>)\s{0,4}\\?["']?(?<secret>[^\s"',;{}()[\]\\]{8,512})/i,
  accepts: (secret) =>
    !/^[\d.+-]+$/.test(secret) && entropyBits(secret) >= (/\d/.test(secret) ? 2.5 : 3),
};

const ENTROPY_LENGTH = 64;

/** Shannon entropy of the first characters of a text, in bits per character. */
function entropyBits(text: string): number {
  const length = Math.min(text.length, ENTROPY_LENGTH);
  const counts = new Map<number, number>();
  for (let index = 0; index < length; index += 1) {
    const code = text.charCodeAt(index);
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  let bits = 0;
  for (const count of counts.values()) bits -= (count / length) * Math.log2(count / length);
  return bits;
}

/** Bearer tokens, API keys and other credentials, as they appear in text. */
export const CREDENTIAL_PATTERNS: readonly NamedPattern[] = [
  PRIVATE_KEY,
  JWT,
  API_KEY,
  BEARER,
  BOT_TOKEN,
  WEBHOOK,
  URL_PASSWORD,
  COMMAND_LINE_PASSWORD,
  PASSWORD,
  OWN_PASSWORD,
  SIGNATURE,
  AUTHORIZATION,
  ASSIGNED_SECRET,
];
