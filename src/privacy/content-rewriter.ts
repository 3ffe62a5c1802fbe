import { redactJsonPaths, type JsonPath } from './json-paths.js';
import { isJson } from './json-scanner.js';
import { KnownTexts } from './patterns/known-texts.js';
import { isHarmless, maskText } from './patterns/mask-text.js';
import type { PrivacyCounts } from './privacy-stats.js';
import { PAUSE_MILLIS, RedactionBudget } from './redaction-budget.js';
import type { RedactionContext } from './redaction-options.js';
import { REDACTED_VALUE } from './redacted-value.js';
import type { ResolvedRedaction } from './resolve-redaction.js';
import { ignoreRejection } from './unawaited-promise.js';

/** Stands for the outcome of a hook that gave none. */
const FAILED: unique symbol = Symbol('failed');

/** Says something to the user once per code. */
export type Warn = (code: string, text: string) => void;

/** What became of a value: its new text, or why it is dropped. */
export type Rewritten = string | undefined;

/**
 * Runs paths, patterns and the `redact` hook over content, and drops what they cannot answer for: a
 * value that took too long together with the rest of its span's content.
 */
export class ContentRewriter {
  readonly #redaction: ResolvedRedaction;
  readonly #counts: PrivacyCounts;
  readonly #warn: Warn;
  readonly #known = new KnownTexts();
  readonly #budget: RedactionBudget;
  #isRunning = false;

  constructor(redaction: ResolvedRedaction, counts: PrivacyCounts, warn: Warn) {
    this.#redaction = redaction;
    this.#counts = counts;
    this.#warn = warn;
    this.#budget = new RedactionBudget(redaction.budgetMillis);
  }

  /** Whether there is anything to run. */
  static isNeeded(redaction: ResolvedRedaction): boolean {
    const { paths, patterns, redact } = redaction;
    return paths.length > 0 || patterns.length > 0 || redact !== undefined;
  }

  /** Whether the same value comes to the same as it did before. In doubt about time, it may not. */
  get isRepeatable(): boolean {
    return this.#redaction.isRepeatable && !this.#budget.isInDoubt;
  }

  /**
   * The text to send for a value. `undefined`: send nothing. `overdue` is called when time ran out
   * and the rest of the span's content has to go as well.
   */
  rewrite(value: string, context: RedactionContext, overdue: () => void): Rewritten {
    const { paths, redact } = this.#redaction;
    const isLeftToPatterns = redact === undefined && paths.length === 0;
    if (isLeftToPatterns && !this.#budget.isInDoubt) {
      const known = this.#recall(value);
      if (known !== undefined) return known;
    }
    if (this.#isRunning) return this.#nested();
    const time = this.#budget.begin();
    if (time === undefined) {
      this.#counts.tooSlow += 1;
      overdue();
      return undefined;
    }
    let outcome: Rewritten | typeof FAILED;
    this.#isRunning = true;
    try {
      outcome = this.#run(value, context, time.isOverdue);
    } catch {
      // The error may quote the content, so nothing of it is kept.
      outcome = FAILED;
    } finally {
      this.#isRunning = false;
    }
    const isLate = !this.#budget.end(time);
    if (isLate) {
      this.#sayLate();
      overdue();
    }
    // A hook that fails late loses one value, so one of the two is counted.
    if (outcome === FAILED) return this.#failed();
    if (isLate) this.#counts.tooSlow += 1;
    else if (outcome === undefined) this.#counts.removed += 1;
    else {
      if (outcome !== value) this.#counts.rewritten += 1;
      if (isLeftToPatterns && this.#redaction.isRepeatable) this.#known.add(value, outcome);
    }
    return isLate ? undefined : outcome;
  }

  /** What patterns make of a text, where that is known or nothing in it can match. */
  #recall(text: string): string | undefined {
    const known = this.#known.masked(text);
    if (known === undefined) {
      if (!isHarmless(text, this.#redaction.patterns)) return undefined;
      this.#known.add(text, text);
      return text;
    }
    if (known !== text) this.#counts.rewritten += 1;
    return known;
  }

  /** Masks what the patterns match in a name: of a span, of an event. Never without a result. */
  maskName(name: string): string {
    const { patterns } = this.#redaction;
    let masked: string | undefined;
    try {
      // Nearly every name: no clock is read for these.
      const known = this.#recall(name);
      if (known !== undefined) return known;
      masked = maskText(name, patterns, this.#budget.measure().isOverdue);
    } catch {
      this.#failed();
      return REDACTED_VALUE;
    }
    if (masked === undefined) {
      this.#counts.tooSlow += 1;
      this.#warn(
        'redactor-slow-name',
        `Masking the name of a span or event took longer than ${this.#redaction.budgetMillis} ms: it is sent as ${REDACTED_VALUE}.`,
      );
      return REDACTED_VALUE;
    }
    if (masked !== name) this.#counts.rewritten += 1;
    return masked;
  }

  #run(
    value: string,
    context: RedactionContext,
    isOverdue: () => boolean,
  ): Rewritten | typeof FAILED {
    const { paths, patterns, redact } = this.#redaction;
    const withoutPaths = paths.length === 0 ? value : hidePaths(value, paths, context.kind);
    const masked =
      patterns.length === 0 ? withoutPaths : maskText(withoutPaths, patterns, isOverdue);
    if (masked === undefined || redact === undefined) return masked;
    // A hook written in JavaScript may return anything: a promise, for one.
    const answer: unknown = redact(masked, context);
    if (answer === undefined || typeof answer === 'string') return answer;
    ignoreRejection(answer);
    return FAILED;
  }

  #failed(): undefined {
    this.#counts.failed += 1;
    this.#warn(
      'redactor-failed',
      'The redact hook threw or returned something else than text or undefined: the content it was shown is dropped, its spans are sent without it.',
    );
    return undefined;
  }

  /** A hook that makes spans would be asked about these without end. */
  #nested(): undefined {
    this.#counts.failed += 1;
    this.#warn(
      'redactor-nested',
      "A span ended within the redact hook or a pattern's check: its content is dropped.",
    );
    return undefined;
  }

  #sayLate(): void {
    this.#warn(
      'redactor-slow',
      `Redaction of one value took longer than ${this.#redaction.budgetMillis} ms: the content of that span is dropped. Three slow values in a row stop all content for ${PAUSE_MILLIS / 1_000} s.`,
    );
  }
}

/** What a tool was given or gave back and cannot be read as JSON may hold what a path means. */
function hidePaths(value: string, paths: readonly JsonPath[], kind: string): string {
  if (kind === 'TOOL' && (/\{\s*'/.test(value) || (/^\s*[[{]/.test(value) && !isJson(value)))) {
    return REDACTED_VALUE;
  }
  return redactJsonPaths(value, paths);
}
