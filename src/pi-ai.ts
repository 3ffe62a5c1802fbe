// `catalyst-tracing/pi-ai`: `@mariozechner/pi-ai` and `@earendil-works/pi-ai`, passed by hand.
import * as sdk from './integrations/instrument-module.js';
import { PI_AI } from './integrations/pi-ai/pi-ai.js';

/**
 * Makes the calls of one copy of PI AI (0.7x and 1) spans of the live tracing, or of the one that you
 * pass; with the namespace of `pi-agent-core`, also the runs and tools of its agents. `setup()` does
 * this by itself where it finds the package. Before 1.0, call this again after you register a
 * further provider. `shutdown()` undoes it.
 *
 * Throws `InvalidSdkInputError` when `module` is neither a namespace of PI AI nor a collection of
 * models.
 *
 * @example
 * import * as piAi from '@earendil-works/pi-ai';
 * instrumentPiAi(piAi);
 */
export const instrumentPiAi: sdk.Instrument = sdk.instrument(PI_AI);

/** The same for a tracer provider of your own. */
export const installPiAiInstrumentation: sdk.Install = sdk.install(PI_AI);
