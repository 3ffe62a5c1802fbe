import type { Attributes } from '@opentelemetry/api';
import { warnOnce } from '../diagnostics.js';
import type { JsonRecord } from '../mapping/read-attributes.js';
import { PRIVACY_FLAG_TABLE, type ResolvedPrivacyFlags } from '../options/privacy-flags.js';
import { ContentRewriter, type Warn } from './content-rewriter.js';
import {
  actionsUnder,
  hidingSwitches,
  type ContentAction,
  type HidingSwitch,
} from './content-rules.js';
import { CONTENT_PARAMETERS, CONVERSATION_PARAMETERS, type JsonSelection } from './hide-in-json.js';
import type { MediaLimits } from './inline-media.js';
import { createPrivacyCounts, type PrivacyCounts } from './privacy-stats.js';
import { REDACTION_OPTION_NAMES, type RedactionOptions } from './redaction-options.js';
import type { HashIdentity, ResolvedRedaction } from './resolve-redaction.js';

/** What may be sent, decided once for all spans. */
export interface PrivacyPolicy {
  /** What becomes of each class of content. A class that is not in it is removed. */
  readonly actions: ReadonlyMap<string, ContentAction>;
  /** Nothing is withheld but long media, and nothing rewritten: most values need no look. */
  readonly limitsMediaOnly: boolean;
  /** Outputs are hidden: what the model said before must not come back in the next request. */
  readonly hidesAnswersInInput: boolean;
  /** Of the parameters of a call, those to hide: with text of people, or with earlier answers. */
  readonly hiddenParameters: JsonSelection | undefined;
  /** Tools are hidden: a request inside a value loses the tools that it offers. */
  readonly hidesOfferedTools: boolean;
  readonly media: MediaLimits;
  readonly rewriter: ContentRewriter | undefined;
  readonly hashIdentity: HashIdentity | undefined;
  /** Counts what was withheld. */
  readonly counts: PrivacyCounts;
}

/** Switches and redaction, as resolved from the options. */
export interface PrivacySettings {
  readonly flags: ResolvedPrivacyFlags;
  readonly resolvedRedaction: ResolvedRedaction;
  /**
   * Asked with every span, where the span starts and ends: whether redaction is enforced.
   * `undefined` while that is not known.
   */
  readonly isEnforced?: () => boolean | undefined;
}

/**
 * Everything that the options withhold and rewrite, as one text; empty when they leave content as it
 * is. To compare, not to show; the key of `hash` is not in it.
 */
export function describeWithheld(flags: ResolvedPrivacyFlags, redaction: RedactionOptions): string {
  const values: JsonRecord = { ...flags };
  const withheld = Object.entries(PRIVACY_FLAG_TABLE).flatMap(([name, row]) =>
    values[name] === row.default ? [] : [[name, values[name]]],
  );
  const rewritten = Object.entries(redaction).filter(
    ([name, value]) => REDACTION_OPTION_NAMES.has(name) && value !== undefined,
  );
  if (withheld.length === 0 && rewritten.length === 0) return '';
  return JSON.stringify([withheld, rewritten], (name, value: unknown) => {
    if (typeof value === 'function' || value instanceof RegExp) return String(value);
    return name === 'key' ? undefined : value;
  });
}

/** Mark of a project that enforces redaction (LiveKit's `ATTRIBUTE_REDACTION_ENABLED`). */
const REDACTION_ENFORCED = 'lk.redaction.enabled';

/** The policy of one tracing: the one that was chosen, until redaction is enforced. */
export class Privacy {
  readonly #chosen: PrivacyPolicy;
  readonly #enforced: PrivacyPolicy;
  readonly #isEnforcedNow: () => boolean | undefined;
  #isEnforced: boolean | undefined = false;

  constructor({ flags, resolvedRedaction, isEnforced }: PrivacySettings, warn: Warn = warnOnce) {
    const { paths, patterns, redact, hashIdentity } = resolvedRedaction;
    const counts = createPrivacyCounts();
    const isRewriting = paths !== undefined || patterns.length > 0 || redact !== undefined;
    const rewriter = isRewriting
      ? new ContentRewriter({ paths, patterns, redact }, counts, warn)
      : undefined;
    const rest = { rewriter, hashIdentity, counts };
    this.#chosen = createPolicy(flags, rest);
    this.#enforced = createPolicy(
      { ...flags, allowPii: false, captureMessageContent: false },
      rest,
    );
    this.#isEnforcedNow = isEnforced ?? (() => false);
  }

  /** What was withheld so far. */
  get counts(): Readonly<PrivacyCounts> {
    return this.#chosen.counts;
  }

  /** The policy for the next span. Call `check` with the span's raw attributes first. */
  get policy(): PrivacyPolicy {
    return this.#isEnforced === false ? this.#chosen : this.#enforced;
  }

  /** The policy for a span of LiveKit's that has not ended: LiveKit redacts a span when it ends. */
  get policyOfUnended(): PrivacyPolicy {
    return this.#enforced;
  }

  /**
   * Looks whether a job, or the mark on one of its spans, enforces redaction. Content is withheld
   * from then on: a process serves one job, and the spans opened before the mark end after it.
   * While nobody knows, content is withheld as well.
   */
  check(attributes: Attributes): void {
    if (this.#isEnforced === true) return;
    // Any value but false, as LiveKit reads it itself.
    this.#isEnforced = Boolean(attributes[REDACTION_ENFORCED]) || this.#isEnforcedNow();
  }
}

function createPolicy(
  flags: ResolvedPrivacyFlags,
  rest: Pick<PrivacyPolicy, 'rewriter' | 'hashIdentity' | 'counts'>,
): PrivacyPolicy {
  const switches = hidingSwitches(flags);
  const isOn = (...some: readonly HidingSwitch[]): boolean => some.some((one) => switches.has(one));
  const hidesAnswersInInput = isOn('hideOutputs', 'hideOutputMessages', 'hideOutputText');
  const isRewritten = rest.rewriter !== undefined || rest.hashIdentity !== undefined;
  return {
    ...rest,
    actions: actionsUnder(switches),
    limitsMediaOnly: switches.size === 0 && !isRewritten,
    hidesAnswersInInput,
    hiddenParameters: isOn('hideInputs')
      ? CONTENT_PARAMETERS
      : hidesAnswersInInput
        ? CONVERSATION_PARAMETERS
        : undefined,
    hidesOfferedTools: isOn('hideLlmTools'),
    media: {
      imageMaxLength: isOn('hideInputImages') ? 0 : flags.base64ImageMaxLength,
      audioMaxLength: isOn('hideInputAudio', 'hideOutputAudio') ? 0 : flags.base64AudioMaxLength,
    },
  };
}
