import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { liveSetup } from '../../live-tracing.js';
import { asText, isRecord, recordIn } from '../../mapping/read-attributes.js';
import { guard, isMethod, moduleParts, type Integration, type Unpatch } from '../integration.js';
import { Operation } from './operation.js';

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
  const hooks = new TelemetryHooks(tracer);
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
    integrations: isTraced ? all : [...all, new TelemetryHooks(tracer)],
  };
}

function isOurs(integration: unknown): boolean {
  return typeof integration === 'object' && integration !== null && OURS in integration;
}

/**
 * A telemetry integration of the AI SDK 7 (`Telemetry` of `ai`). All events of one call have the
 * same `callId` and state what may be recorded. The SDK swallows what a hook throws.
 *
 * Version 6 finds integrations in the same place, but calls them even when telemetry is off and
 * reports no failures to them: its own spans are mapped instead. Its events have no `callId`.
 */
class TelemetryHooks {
  readonly [OURS] = true;
  readonly #tracer: Tracer | undefined;
  readonly #operations = new Map<unknown, Operation>();
  #isOn = true;

  /** Without a tracer: that of the live tracing, at the time of the call. */
  constructor(tracer: Tracer | undefined) {
    this.#tracer = tracer;
    for (const [name, hook] of Object.entries(Operation.hooks)) {
      Reflect.set(this, name, (event: unknown) => {
        const operation = this.#operations.get(recordIn(event)['callId']);
        if (operation !== undefined) guard(() => hook(operation, recordIn(event)));
      });
    }
  }

  /** What has begun goes on to its end. */
  stop(): void {
    this.#isOn = false;
  }

  executeLanguageModelCall<T>(call: {
    callId: string;
    execute: () => PromiseLike<T>;
  }): PromiseLike<T> {
    const model = this.#operations.get(call.callId)?.model;
    return model === undefined ? call.execute() : model.run(call.execute);
  }

  executeTool<T>(call: {
    callId: string;
    toolCallId: string;
    execute: () => PromiseLike<T>;
  }): PromiseLike<T> {
    const below = this.#operations.get(call.callId)?.tools.get(call.toolCallId)?.context;
    return below === undefined ? call.execute() : contextApi.with(below, call.execute);
  }

  onStart(event: unknown): void {
    const tracer = this.#tracer ?? liveSetup()?.tracing?.tracer;
    const { callId, operationId } = recordIn(event);
    const id = asText(operationId);
    if (!this.#isOn || tracer === undefined || callId === undefined || id === undefined) return;
    // Another integration makes spans of the same call: one tree is enough.
    if (hasOpenTelemetry(globalIntegrations())) return;
    const onEnd = (): void => void this.#operations.delete(callId);
    guard(() => {
      this.#operations.set(callId, new Operation(tracer, id, recordIn(event), onEnd));
    });
  }
}

const OPEN_TELEMETRY = /^(?:Legacy)?OpenTelemetry$/u;

/** Whether `@ai-sdk/otel` is among these: it makes spans of the same calls, which are mapped. */
function hasOpenTelemetry(integrations: readonly unknown[]): boolean {
  return integrations.some((each) => isRecord(each) && OPEN_TELEMETRY.test(each.constructor.name));
}

/** Where the AI SDK looks for integrations (`registerTelemetry`); it is documented as the place. */
function globalIntegrations(): unknown[] {
  const known: unknown = Reflect.get(globalThis, 'AI_SDK_TELEMETRY_INTEGRATIONS');
  if (Array.isArray(known)) return known;
  const integrations: unknown[] = [];
  Reflect.set(globalThis, 'AI_SDK_TELEMETRY_INTEGRATIONS', integrations);
  return integrations;
}
