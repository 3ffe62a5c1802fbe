import type { Tracer } from '@opentelemetry/api';
import { moduleParts, type Integration } from '../integration.js';
import { isMethod, type Unpatch } from '../patch-method.js';
import { globalIntegrations, hasOpenTelemetry, TelemetryHooks } from './telemetry-hooks.js';

/** Marks the integrations of every copy of this package. */
const OURS: unique symbol = Symbol.for('catalyst-tracing.ai-sdk');

export const AI_SDK: Integration = {
  name: 'aiSdk',
  expected: 'the `ai` package 5 or newer: pass its namespace',
  note: 'calls of version 7 are traced; those of 5 and 6 where createAISdkTelemetrySettings() is passed to them',
  patch(module, tracer) {
    const isAiSdk =
      module === undefined ||
      moduleParts(module, ['default']).some((part) => isMethod(Reflect.get(part, 'generateText')));
    return isAiSdk ? [registerHooks(tracer)] : [];
  },
};

/**
 * Registers our hooks for all copies of version 7 in this process, of which none need be there yet.
 * Versions 5 and 6 ask for `experimental_telemetry` at the call instead.
 */
function registerHooks(tracer: Tracer): Unpatch {
  const integrations = globalIntegrations();
  if (integrations.some(isOurs)) return () => {};
  const hooks = made(tracer);
  integrations.push(hooks);
  return () => {
    hooks.stop();
    const at = integrations.indexOf(hooks);
    if (at !== -1) integrations.splice(at, 1);
  };
}

/** What the AI SDK takes as `telemetry` (7) or `experimental_telemetry` (5, 6). */
export interface AISdkTelemetrySettings {
  readonly isEnabled: boolean;
  readonly tracer?: Tracer | undefined;
  readonly integrations: readonly unknown[];
  readonly [setting: string]: unknown;
}

/**
 * Settings with which a call is traced in every version. Integrations that are passed with a call
 * replace those of the process, so both are listed here.
 */
export function telemetrySettings(
  tracer: Tracer | undefined,
  settings: Readonly<Record<string, unknown>>,
): AISdkTelemetrySettings {
  const { integrations } = settings;
  const ofCall = integrations === undefined ? [] : [integrations].flat();
  const all = [...new Set([...globalIntegrations(), ...ofCall])];
  const isTraced = all.some(isOurs) || hasOpenTelemetry(all);
  return {
    isEnabled: true,
    ...settings,
    ...(tracer !== undefined && { tracer }),
    integrations: isTraced ? all : [...all, made(tracer)],
  };
}

function made(tracer: Tracer | undefined): TelemetryHooks {
  const hooks = new TelemetryHooks(tracer);
  Object.defineProperty(hooks, OURS, { value: true });
  return hooks;
}

function isOurs(integration: unknown): boolean {
  return typeof integration === 'object' && integration !== null && OURS in integration;
}
