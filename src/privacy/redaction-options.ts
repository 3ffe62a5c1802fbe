/** Where a value comes from that a {@link Redactor} sees. */
export interface RedactionContext {
  /** Attribute key; `status.message` for the status, the attribute's key for events and links. */
  readonly key: string;
  /** OpenInference kind of the span: `LLM`, `TOOL`, `AGENT`, `CHAIN`, … */
  readonly kind: string;
}

/**
 * Sees a content value last and returns what is sent in its place; `undefined` removes it.
 *
 * Synchronous, on the thread of the call. When it throws or returns anything else, the content is
 * dropped, the span is sent and the loss is counted.
 */
export type Redactor = (value: string, context: RedactionContext) => string | undefined;

/** A pattern with a name: what it matches becomes `[REDACTED:name]`. */
export interface NamedPattern {
  /** Lower-case word: `email`, `patient-number`. */
  readonly name: string;
  /**
   * What to look for. Flags `g` and `y` make no difference. Where it has a group named `secret`,
   * only that part is masked. A match of more than 4,096 characters may be missed in a value of
   * more than 16,384 when it only matches as a whole.
   */
  readonly pattern: RegExp;
  /**
   * What is in every match, such as `@`, as text or as a pattern that is quick to look for: a value
   * without it is not searched at all.
   */
  readonly needs?: string | RegExp;
  /**
   * Checks what would be masked, for example its check digit: `false` leaves it in the text. Of a
   * match without a group `secret`, the part before its last separators is then tried too.
   */
  readonly accepts?: (match: string) => boolean;
}

/** Identities that can be sent as a keyed hash. */
export type HashableField = 'user.id' | 'participant.identity' | 'room.name';

/** Sends identities as a keyed hash: the same person stays the same, without a name. */
export interface HashOptions {
  /**
   * Secret of the HMAC-SHA256, at least 16 characters. Who has it, or guesses it, can test a name
   * against a hash.
   */
  readonly key: string;
  /** Default: `user.id` and `participant.identity`. */
  readonly fields?: readonly HashableField[];
}

/** How content values are rewritten before they leave the process, in the order of the fields. */
export interface RedactionOptions {
  /**
   * Parts of tool arguments and tool outputs that become `__REDACTED__`: `$.card.number`,
   * `$..ssn`, `$.orders[*].address`, `$['home phone']`. Tried on every content value that is JSON,
   * since the arguments of a call come back in the messages of the next. Where JSON breaks off, the
   * rest of the value is hidden.
   */
  readonly toolJsonPaths?: readonly string[];
  /**
   * Patterns masked in every content value; `'default'` is `DEFAULT_REDACT_PATTERNS`, whose time is
   * linear. A pattern of your own that needs exponential time, such as `(a+)+$`, blocks the process:
   * nothing can stop it.
   */
  readonly redactPatterns?: 'default' | readonly (RegExp | NamedPattern)[];
  /** Sees every content value last. */
  readonly redact?: Redactor;
  /** Identities to send as a hash, also where a switch would remove them. */
  readonly hash?: HashOptions;
}

/** Names of {@link RedactionOptions}. */
export const REDACTION_OPTION_NAMES: ReadonlySet<string> = new Set(
  Object.keys({
    toolJsonPaths: true,
    redactPatterns: true,
    redact: true,
    hash: true,
  } satisfies Record<keyof RedactionOptions, true>),
);
