import type { Attributes } from '@opentelemetry/api';
import { warnOnce } from '../diagnostics.js';
import type { SpanRecord } from '../export/span-record.js';
import type { AttributeSink, ContentClass } from '../mapping/attribute-sink.js';
import type { ResolvedPrivacyFlags } from '../options/privacy-flags.js';
import { resolvePolicy } from './content-policy.js';
import { ContentRewriter, type Warn } from './content-rewriter.js';
import { IdentityHash } from './identity-hash.js';
import { PolicyPrivacy } from './policy-privacy.js';
import { createPrivacyCounts, type PrivacyCounts } from './privacy-stats.js';
import type { RedactionOptions } from './redaction-options.js';
import { resolveRedaction } from './resolve-redaction.js';

/** Stands between what is known of a span and what is sent of it. */
export interface Privacy {
  /** What was withheld so far. */
  readonly counts: Readonly<PrivacyCounts>;
  /** Whether texts of this class leave any trace, if only `__REDACTED__`. What does not, need not be put together. */
  allows(content: ContentClass): boolean;
  /**
   * The privacy that holds for a span with these raw attributes. Asked once per span, before
   * `guard` and `guardRecord`, which are those of the answer.
   *
   * Once a job or the mark on one of its spans says that redaction is mandated, content is withheld
   * from then on: a process serves one job, and the spans opened before the mark end after it.
   */
  forSpan(attributes: Attributes): Privacy;
  /** A sink for one span's attributes in front of this one. `kind`: OpenInference's, for redactors. */
  guard(sink: AttributeSink, kind: string): AttributeSink;
  /** The rest of a span as it may be sent: status message, events, links. */
  guardRecord(record: SpanRecord, kind: string): SpanRecord;
}

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
 * Makes the one guard of a tracer. Throws an `InvalidOptionError` for a redaction that cannot be
 * used; what it returns never throws.
 */
export function createPrivacy(settings: PrivacySettings, warn: Warn = warnOnce): Privacy {
  const redaction = resolveRedaction(settings.redaction);
  const counts = createPrivacyCounts();
  const rewriter = ContentRewriter.isNeeded(redaction)
    ? new ContentRewriter(redaction, counts, warn)
    : undefined;
  const identityHash = redaction.hash === undefined ? undefined : new IdentityHash(redaction.hash);
  const under = (flags: ResolvedPrivacyFlags): Privacy =>
    new PolicyPrivacy({ policy: resolvePolicy(flags), rewriter, identityHash, counts });
  return new MandatedPrivacy(
    under(settings.flags),
    under({ ...settings.flags, allowPii: false, captureMessageContent: false }),
    settings.isMandated ?? (() => false),
  );
}

class MandatedPrivacy implements Privacy {
  readonly #withheld: Privacy;
  readonly #isMandated: () => boolean;
  #current: Privacy;

  constructor(chosen: Privacy, withheld: Privacy, isMandated: () => boolean) {
    this.#current = chosen;
    this.#withheld = withheld;
    this.#isMandated = isMandated;
  }

  get counts(): Readonly<PrivacyCounts> {
    return this.#current.counts;
  }

  allows(content: ContentClass): boolean {
    return this.#current.allows(content);
  }

  forSpan(attributes: Attributes): Privacy {
    if (this.#current === this.#withheld) return this.#withheld;
    // Any value but false, as LiveKit reads it itself.
    if (attributes[REDACTION_MANDATED] || this.#isMandated()) this.#current = this.#withheld;
    return this.#current;
  }

  guard(sink: AttributeSink, kind: string): AttributeSink {
    return this.#current.guard(sink, kind);
  }

  guardRecord(record: SpanRecord, kind: string): SpanRecord {
    return this.#current.guardRecord(record, kind);
  }
}
