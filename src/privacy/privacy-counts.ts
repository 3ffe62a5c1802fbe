/** What was withheld so far, in values (one attribute, one event attribute, one status message). */
export interface PrivacyCounts {
  /** Left out because a switch says so. */
  removed: number;
  /** Sent as `__REDACTED__` because a switch or a size limit says so. */
  redacted: number;
  /** Sent with parts masked by a path, a pattern or the `redact` hook. */
  rewritten: number;
  /** Sent as a keyed hash. */
  hashed: number;
  /** Dropped because the `redact` hook threw or returned something else than text. */
  redactorErrors: number;
  /** Dropped because rewriting took too long, on this value or before it. */
  redactorOverruns: number;
}

/** All counts at zero. */
export function createPrivacyCounts(): PrivacyCounts {
  return {
    removed: 0,
    redacted: 0,
    rewritten: 0,
    hashed: 0,
    redactorErrors: 0,
    redactorOverruns: 0,
  };
}
