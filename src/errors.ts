/**
 * Every `code` that an error of this package can carry.
 *
 * - `invalid_option`: an option of `setup()` has a value that cannot be used.
 * - `invalid_sdk_input`: what was passed as an SDK's module is not that SDK.
 * - `invalid_tracer_input`: what was passed as a tracer or tracer provider is not one.
 * - `instrumentation_failed`: an SDK was found and connecting to it failed; `cause` has its error.
 */
export type CatalystTracingErrorCode =
  'invalid_option' | 'invalid_sdk_input' | 'invalid_tracer_input' | 'instrumentation_failed';

/** What an error has in addition to its message. */
export interface CatalystTracingErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown;
}

// A registered symbol: the ESM and the CJS build of one process recognise each other's errors.
const BRAND: unique symbol = Symbol.for('catalyst-tracing.error');

/**
 * Base of every error that this package throws. `code` is stable and meant for `switch`; the
 * message is for people and says what was seen and what to do. No message contains a token, a header
 * value or a URL's query.
 *
 * Errors come from set-up only. Nothing on the way of a span throws.
 */
export class CatalystTracingError extends Error {
  override readonly name: string = 'CatalystTracingError';
  readonly code: CatalystTracingErrorCode;

  constructor(
    code: CatalystTracingErrorCode,
    message: string,
    options?: CatalystTracingErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** An SDK could not be connected. Also the base of the errors about what was passed to connect. */
export class CatalystInstrumentationError extends CatalystTracingError {
  override readonly name: string = 'CatalystInstrumentationError';

  constructor(
    message: string,
    options?: CatalystTracingErrorOptions & {
      /** `instrumentation_failed` when absent. */
      readonly code?: CatalystTracingErrorCode;
    },
  ) {
    super(options?.code ?? 'instrumentation_failed', message, options);
  }
}

/** What was passed as an SDK's module is not that SDK, or is a version that cannot be connected. */
export class InvalidSdkInputError extends CatalystInstrumentationError {
  override readonly name: string = 'InvalidSdkInputError';

  constructor(message: string, options?: CatalystTracingErrorOptions) {
    super(message, { ...options, code: 'invalid_sdk_input' });
  }
}

/** What was passed as a tracer, a tracer provider or a tracing handle is none. */
export class InvalidTracerInputError extends CatalystInstrumentationError {
  override readonly name: string = 'InvalidTracerInputError';

  constructor(message: string, options?: CatalystTracingErrorOptions) {
    super(message, { ...options, code: 'invalid_tracer_input' });
  }
}

/** An option of `setup()` has a value that cannot be used. */
export class InvalidOptionError extends CatalystTracingError {
  override readonly name: string = 'InvalidOptionError';
  /** The option as it is written in code, for example `endpoint` or `privacy.hideInputs`. */
  readonly option: string;

  constructor(option: string, message: string, options?: CatalystTracingErrorOptions) {
    super('invalid_option', message, options);
    this.option = option;
  }
}

/**
 * Tells an error of this package from any other, also when it comes from another copy of the
 * package in the process, where `instanceof` says no.
 */
export function isCatalystTracingError(error: unknown): error is CatalystTracingError {
  return typeof error === 'object' && error !== null && BRAND in error;
}
