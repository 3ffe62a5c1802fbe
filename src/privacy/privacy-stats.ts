/**
 * What privacy did so far, in values: an attribute of a span, event or link, a status message, a
 * name. A list is one value where it goes as a whole, else each of its texts is.
 */
export interface PrivacyStats {
  /** Values left out by a switch, or because the `redact` hook returned `undefined`. */
  readonly removed: number;
  /** Values sent as `__REDACTED__`, or with that in a part, because of a switch or a size limit. */
  readonly redacted: number;
  /** Values sent with changes: masked by a path or a pattern, or changed by the `redact` hook. */
  readonly rewritten: number;
  /** Identities sent as a keyed hash. */
  readonly hashed: number;
  /** Values lost because the `redact` hook threw, or returned something else than text. */
  readonly failed: number;
}

/** {@link PrivacyStats} while they are being counted. */
export type PrivacyCounts = { -readonly [Name in keyof PrivacyStats]: PrivacyStats[Name] };

/** All counts at zero. */
export function createPrivacyCounts(): PrivacyCounts {
  return { removed: 0, redacted: 0, rewritten: 0, hashed: 0, failed: 0 };
}
