import type { NamedPattern } from '../redaction-options.js';

/**
 * A name that promises a secret, and what assigns one. It looks for the sign first and back from
 * there: signs are rare in speech, and letters are not.
 */
const ASSIGNMENT =
  /[:=](?<=(?:key|secret|token|passwd|password|passphrase|pwd|credential|authorization)[\w.-]{0,24}\\?["']?\s{0,4}[:=])/i;

const BEARER: NamedPattern = {
  name: 'token',
  needs: /bearer/i,
  pattern: /\bbearer(?:\s{1,4}|:\s{0,4})(?<secret>[A-Za-z0-9._~+/=-]{8,8192})/i,
  // "A bearer responsible for" is no token.
  accepts: (secret) => /[\d._]/.test(secret) || secret.length > 24,
};

const AUTHORIZATION: NamedPattern = {
  name: 'token',
  needs: ASSIGNMENT,
  pattern:
    /\bauthorization\\?["']?\s{0,4}[:=]\s{0,4}\\?["']?(?<secret>(?:[A-Za-z]{1,16}\s{1,4})?[A-Za-z0-9._~+/=-]{8,8192})/i,
};

const JWT: NamedPattern = {
  name: 'token',
  // Without the `e`, which is in every second word and slows the search down.
  needs: 'yJ',
  pattern: /(?<![\w-])eyJ[\w-]{8,8192}\.[\w-]{8,8192}(?:\.[\w-]{0,8192})?/,
};

/** Beginning of a key and what follows it, as patterns. */
type KeyShape = readonly [prefix: string, rest: string];

/** Keys that tell whose they are: OpenAI, Anthropic, AWS, GitHub, GitLab, Slack, Google, Stripe, … */
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
];

/** Keys of AWS, Google, Twilio and Databricks, without a mark after the prefix. */
const UNMARKED_KEY_SHAPES: readonly KeyShape[] = [
  ['(?:AKIA|ASIA)', '[A-Z0-9]{16}'],
  ['AIza', String.raw`[\w-]{30,64}`],
  ['SK', '[0-9a-f]{32}'],
  ['dapi', '[0-9a-f]{32}'],
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

/** `the password is hunter2`: a name for it, and a word with a digit. */
const PASSWORD: NamedPattern = {
  name: 'secret',
  needs: /pass|pwd/i,
  pattern:
    /\b(?:password|passwd|passphrase|passcode|pwd)\b\\?["']?\s{0,4}(?:[:=]|=>|\bis|\bwas)\s{0,4}\\?["']?(?<secret>[^\s"',;{}()[\]\\]{4,512})/i,
  accepts: (secret) => /\d/.test(secret),
};

/** `password=…`, `"apiKey": "…"`: a name that promises a secret, and a value as varied as one. */
const ASSIGNED_SECRET: NamedPattern = {
  name: 'secret',
  needs: ASSIGNMENT,
  pattern:
    /(?:api[_-]?key|access[_-]?key|secret(?!ar|ion|iv)|token(?!i[sz])|passwd|password|passphrase|pwd|credential)[\w.-]{0,24}\\?["']?\s{0,4}(?:[:=]|=>)\s{0,4}\\?["']?(?<secret>[^\s"',;{}()[\]\\]{8,512})/i,
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

/** Bearer tokens, API keys and other credentials, as they stand in text. */
export const CREDENTIAL_PATTERNS: readonly NamedPattern[] = [
  PRIVATE_KEY,
  JWT,
  API_KEY,
  BEARER,
  URL_PASSWORD,
  PASSWORD,
  AUTHORIZATION,
  ASSIGNED_SECRET,
];
