import type { Attributes } from '@opentelemetry/api';
import { warnOnce } from '../diagnostics.js';
import type { MappedSpan } from '../mapping/mapped-span.js';
import type { ResolvedPrivacyFlags } from '../options/privacy-flags.js';
import type { GuardRules } from './content-guard.js';
import { resolvePolicy } from './content-policy.js';
import { ContentRewriter, type Warn } from './content-rewriter.js';
import { IdentityHash } from './identity-hash.js';
import { createPrivacyCounts, type PrivacyCounts } from './privacy-stats.js';
import { redactSpan } from './redact-span.js';
import type { RedactionOptions } from './redaction-options.js';
import { resolveRedaction } from './resolve-redaction.js';

/** Switches and redaction, as the options come to. */
export interface PrivacySettings {
  readonly flags: ResolvedPrivacyFlags;
  readonly redaction: RedactionOptions;
  /** Asked with every span, where the span starts and ends: whether the job mandates redaction. */
  readonly isMandated?: () => boolean;
}

/** Mark of a project that mandates redaction (LiveKit's `ATTRIBUTE_REDACTION_ENABLED`). */
const REDACTION_MANDATED = 'lk.redaction.enabled';

/**
 * The privacy policy of one tracer. Its constructor throws an `InvalidOptionError` for a redaction
 * that cannot be used; its methods never throw.
 */
export class Privacy {
  /** What was withheld so far. */
  readonly counts: Readonly<PrivacyCounts>;
  readonly #chosen: GuardRules;
  readonly #withheld: GuardRules;
  readonly #isMandated: () => boolean;
  #isWithheld = false;

  constructor(settings: PrivacySettings, warn: Warn = warnOnce) {
    const redaction = resolveRedaction(settings.redaction);
    const counts = createPrivacyCounts();
    const rewriter = ContentRewriter.isNeeded(redaction)
      ? new ContentRewriter(redaction, counts, warn)
      : undefined;
    const identityHash =
      redaction.hash === undefined ? undefined : new IdentityHash(redaction.hash);
    const under = (flags: ResolvedPrivacyFlags): GuardRules => ({
      policy: resolvePolicy(flags),
      rewriter,
      identityHash,
      counts,
    });
    this.counts = counts;
    this.#chosen = under(settings.flags);
    this.#withheld = under({ ...settings.flags, allowPii: false, captureMessageContent: false });
    this.#isMandated = settings.isMandated ?? (() => false);
  }

  /**
   * Looks whether a job, or the mark on one of its spans, mandates redaction. Content is withheld
   * from then on: a process serves one job, and the spans opened before the mark end after it.
   */
  check(attributes: Attributes): void {
    // Any value but false, as LiveKit reads it itself.
    this.#isWithheld ||= Boolean(attributes[REDACTION_MANDATED]) || this.#isMandated();
  }

  /** The span as it may be sent. Call `check` with the raw attributes first. */
  redact(span: MappedSpan): MappedSpan {
    return redactSpan(span, this.#isWithheld ? this.#withheld : this.#chosen);
  }
}
