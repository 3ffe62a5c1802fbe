import { REDACTED_VALUE, type JsonSelection } from './hide-in-json.js';
import { hidePaths } from './json-paths.js';
import { ignoreRejection, maskText, type CompiledPattern } from './patterns/mask-text.js';
import type { PrivacyCounts } from './privacy-stats.js';
import type { RedactionContext, Redactor } from './redaction-options.js';

/** Says something to the user once per code. */
export type Warn = (code: string, text: string) => void;

/** How content is rewritten, ready to run. */
export interface Rewriting {
  readonly paths: JsonSelection | undefined;
  readonly patterns: readonly CompiledPattern[];
  readonly redact: Redactor | undefined;
}

/**
 * Runs paths, patterns and the `redact` hook over content, and drops what they fail on.
 *
 * Nothing watches their time: paths and ready patterns are linear, and a function or a user's own
 * pattern that runs cannot be interrupted.
 */
export class ContentRewriter {
  readonly #rewriting: Rewriting;
  readonly #counts: PrivacyCounts;
  readonly #warn: Warn;
  readonly #masked = new MaskedTexts();
  #isRunning = false;

  constructor(rewriting: Rewriting, counts: PrivacyCounts, warn: Warn) {
    this.#rewriting = rewriting;
    this.#counts = counts;
    this.#warn = warn;
  }

  /** The text to send for a value; `undefined` sends nothing. */
  rewrite(value: string, context: RedactionContext): string | undefined {
    const { paths, patterns, redact } = this.#rewriting;
    return this.#run(value, () => {
      const hidden = paths === undefined ? value : hidePaths(value, paths, context.kind);
      const masked = this.#masked.mask(hidden, patterns);
      return redact === undefined ? masked : redact(masked, context);
    });
  }

  /** Masks what the patterns match in a name of a span or event. Never without a result. */
  maskName(name: string): string {
    const { patterns } = this.#rewriting;
    if (patterns.length === 0) return name;
    return this.#run(name, () => this.#masked.mask(name, patterns)) ?? REDACTED_VALUE;
  }

  /** A hook written in JavaScript may return anything: a promise, for one. */
  #run(value: string, change: () => unknown): string | undefined {
    // A hook that makes spans would be asked about these without end.
    if (this.#isRunning) {
      return this.#failed(
        'redactor-nested',
        "A span ended within the redact hook or a pattern's check: its content is dropped.",
      );
    }
    this.#isRunning = true;
    try {
      const answer = change();
      if (answer === undefined) this.#counts.removed += 1;
      else if (typeof answer !== 'string') {
        ignoreRejection(answer);
        return this.#failed();
      } else if (answer !== value) this.#counts.rewritten += 1;
      return answer;
    } catch {
      // The error may quote the content, so nothing of it is kept.
      return this.#failed();
    } finally {
      this.#isRunning = false;
    }
  }

  #failed(
    code = 'redactor-failed',
    text = 'The redact hook threw or returned something else than text or undefined: the content it was shown is dropped, its spans are sent without it.',
  ): undefined {
    this.#counts.failed += 1;
    this.#warn(code, text);
    return undefined;
  }
}

/** So many characters at most: a conversation of some 600 turns. A longer one is masked anew. */
const MAX_REMEMBERED = 512 * 1024;
/** A longer text is a request as a whole, which no other request has. */
const MAX_TEXT = 8 * 1024;

/**
 * Remembers how texts were masked, the latest ones: a conversation sends every message again with
 * each call of the model, and to search them all anew doubles what a call of 50 turns costs.
 */
class MaskedTexts {
  readonly #masked = new Map<string, string>();
  #characters = 0;

  mask(text: string, patterns: readonly CompiledPattern[]): string {
    if (patterns.length === 0 || text.length > MAX_TEXT) return maskText(text, patterns);
    const known = this.#masked.get(text);
    if (known !== undefined) return known;
    const masked = maskText(text, patterns);
    this.#masked.set(text, masked);
    this.#characters += text.length;
    for (const oldest of this.#masked.keys()) {
      if (this.#characters <= MAX_REMEMBERED) break;
      this.#masked.delete(oldest);
      this.#characters -= oldest.length;
    }
    return masked;
  }
}
