// `catalyst-tracing/ai-sdk`: the Vercel AI SDK, package `ai`.
import type { Tracer } from '@opentelemetry/api';
import {
  AI_SDK,
  telemetrySettings,
  type AISdkTelemetrySettings,
} from './integrations/ai-sdk/patch-ai-sdk.js';
import * as sdk from './integrations/instrument-module.js';

export type { AISdkTelemetrySettings };

/**
 * Makes every call of version 7 of `ai` spans of the live tracing, or of the one that you pass; a call
 * with `telemetry: { isEnabled: false }` opts out. `setup()` does this by itself. Calls of 5 and 6
 * need `experimental_telemetry: createAISdkTelemetrySettings()`.
 *
 * Throws `InvalidSdkInputError` when `module` is not the namespace of that package.
 *
 * @example
 * import * as ai from 'ai';
 * instrumentAISdk(ai);
 */
export const instrumentAISdk: sdk.Instrument = sdk.instrument(AI_SDK);

/** The same for a tracer provider of your own. */
export const installAISdkInstrumentation: sdk.Install = sdk.install(AI_SDK);

/**
 * Settings with which a call is traced: `telemetry` of version 7, `experimental_telemetry` of 5 and 6.
 * Your own are kept; integrations are added to those that are registered.
 *
 * @example
 * await generateText({
 *   model,
 *   prompt,
 *   experimental_telemetry: createAISdkTelemetrySettings({
 *     functionId: 'weather-bot',
 *     metadata: { sessionId, userId },
 *   }),
 * });
 */
export function createAISdkTelemetrySettings(
  settings?: Readonly<Record<string, unknown>>,
): AISdkTelemetrySettings;
export function createAISdkTelemetrySettings(
  tracer: Tracer,
  settings?: Readonly<Record<string, unknown>>,
): AISdkTelemetrySettings;
export function createAISdkTelemetrySettings(
  first: Tracer | Readonly<Record<string, unknown>> = {},
  second: Readonly<Record<string, unknown>> = {},
): AISdkTelemetrySettings {
  return isTracer(first) ? telemetrySettings(first, second) : telemetrySettings(undefined, first);
}

function isTracer(value: Tracer | Readonly<Record<string, unknown>>): value is Tracer {
  return typeof value.startSpan === 'function' && typeof value.startActiveSpan === 'function';
}
