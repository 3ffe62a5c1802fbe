// `catalyst-tracing/openai`: a copy of the `openai` package that you pass by hand.
import * as sdk from './integrations/instrument-module.js';
import { OPENAI } from './integrations/openai/patch-openai.js';

/**
 * Makes the calls of one copy of `openai` (4 to 7) spans of the live tracing, or of the one you
 * pass. `setup()` does this by itself where it finds the package; a bundled copy it cannot find.
 * Doing it twice does no harm; `shutdown()` undoes it.
 *
 * Throws `InvalidSdkInputError` when `module` is neither the class `OpenAI` nor a namespace with
 * it.
 *
 * @example
 * import OpenAI from 'openai';
 * instrumentOpenAI(OpenAI);
 */
export const instrumentOpenAI: sdk.Instrument = sdk.instrument(OPENAI);

/** The same for a tracer provider of your own. */
export const installOpenAIInstrumentation: sdk.Install = sdk.install(OPENAI);
