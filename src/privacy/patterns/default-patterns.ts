import type { NamedPattern } from '../redaction-options.js';
import { CREDENTIAL_PATTERNS } from './credential-patterns.js';
import { EMAIL_PATTERNS } from './email-patterns.js';
import { NUMBER_PATTERNS } from './number-patterns.js';

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
  ...EMAIL_PATTERNS,
  ...NUMBER_PATTERNS,
];
