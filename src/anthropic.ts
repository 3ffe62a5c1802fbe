// `catalyst-tracing/anthropic`: a copy of the `@anthropic-ai/sdk` package that you pass by hand.
import { ANTHROPIC } from './integrations/anthropic/patch-anthropic.js';
import * as sdk from './integrations/instrument-module.js';

/**
 * Makes the calls of one copy of `@anthropic-ai/sdk` spans of the live tracing, or of the one you
 * pass. `setup()` does this by itself where it finds the package; a bundled copy it cannot find.
 * Doing it twice does no harm; `shutdown()` undoes it.
 *
 * Throws `InvalidSdkInputError` when `module` is neither the class `Anthropic` nor a namespace with
 * it.
 *
 * @example
 * import Anthropic from '@anthropic-ai/sdk';
 * instrumentAnthropic(Anthropic);
 */
export const instrumentAnthropic: sdk.Instrument = sdk.instrument(ANTHROPIC);

/** The same for a tracer provider of your own. */
export const installAnthropicInstrumentation: sdk.Install = sdk.install(ANTHROPIC);
