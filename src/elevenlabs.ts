// `catalyst-tracing/elevenlabs`: conversations with agents of ElevenLabs, passed by hand.
import { ELEVENLABS } from './integrations/elevenlabs/elevenlabs.js';
import * as sdk from './integrations/instrument-module.js';

/**
 * Makes the conversations of one copy of `@elevenlabs/client`, or of the class `Conversation` of
 * `@elevenlabs/elevenlabs-js`, spans of the live tracing, or of the one that you pass: the
 * conversation, its turns, and tools. `setup()` does this by itself where it finds
 * `@elevenlabs/client`. `shutdown()` undoes it.
 *
 * Throws `InvalidSdkInputError` when `module` is neither.
 *
 * @example
 * import * as elevenlabs from '@elevenlabs/client';
 * instrumentElevenLabs(elevenlabs);
 */
export const instrumentElevenLabs: sdk.Instrument = sdk.instrument(ELEVENLABS);

/** The same for a tracer provider of your own. */
export const installElevenLabsInstrumentation: sdk.Install = sdk.install(ELEVENLABS);
