// `catalyst-tracing/cursor-sdk`: one copy of `@cursor/sdk`, passed by hand.
import { CURSOR_SDK } from './integrations/cursor-sdk/cursor-sdk.js';
import * as sdk from './integrations/instrument-module.js';

/**
 * Makes the runs of agents of one copy of `@cursor/sdk` spans of the live tracing, or of the one that
 * you pass. `setup()` does this by itself where it finds the package. `shutdown()` undoes it.
 *
 * Throws `InvalidSdkInputError` when `module` is neither its namespace nor the class `Agent`.
 *
 * @example
 * import * as cursorSdk from '@cursor/sdk';
 * instrumentCursorSdk(cursorSdk);
 */
export const instrumentCursorSdk: sdk.Instrument = sdk.instrument(CURSOR_SDK);

/** The same for a tracer provider of your own. */
export const installCursorSdkInstrumentation: sdk.Install = sdk.install(CURSOR_SDK);
