// `catalyst-tracing/cursor-sdk`: one copy of `@cursor/sdk`, passed by hand.
import type { TracerProvider } from '@opentelemetry/api';
import type { CatalystTracing, InstallResult } from './catalyst-tracing.js';
import { CURSOR_SDK } from './integrations/cursor-sdk/cursor-sdk.js';
import { installModule, instrumentModule } from './integrations/instrument-module.js';

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
export function instrumentCursorSdk(
  module: unknown,
  tracing?: CatalystTracing | TracerProvider,
): InstallResult {
  return instrumentModule(CURSOR_SDK, module, tracing);
}

/** The same for a tracer provider of your own. */
export function installCursorSdkInstrumentation(
  module: unknown,
  provider: TracerProvider,
): InstallResult {
  return installModule(CURSOR_SDK, module, provider);
}
