import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { liveSetup } from '../../live-tracing.js';
import { asText, isRecord } from '../../mapping/read-attributes.js';
import { guard } from '../model-call.js';
import { Operation } from './operation.js';

/** Those after `onStart`. */
const HOOKS =
  'onStepStart onLanguageModelCallStart onLanguageModelCallEnd onObjectStepStart onObjectStepEnd onToolExecutionStart onToolExecutionEnd onStepEnd onStepError onEmbedStart onEmbedEnd onRerankStart onRerankEnd onEnd onAbort onError'.split(
    ' ',
  );

/**
 * A telemetry integration of the AI SDK 7 (`Telemetry` of `ai`). All events of one call have the
 * same `callId` and state what may be recorded. The SDK swallows what a hook throws.
 *
 * Version 6 finds integrations in the same place, but calls them even when telemetry is off and
 * reports no failures to them: its own spans are mapped instead. Its events have no `callId`.
 */
export class TelemetryHooks {
  readonly #tracer: Tracer | undefined;
  readonly #operations = new Map<unknown, Operation>();
  #isOn = true;

  /** Without a tracer: that of the live tracing, at the time of the call. */
  constructor(tracer: Tracer | undefined) {
    this.#tracer = tracer;
    for (const hook of HOOKS) {
      Reflect.set(this, hook, (event: unknown) => {
        if (isRecord(event)) guard(() => this.#operations.get(event['callId'])?.see(hook, event));
      });
    }
  }

  /** What has begun goes on to its end. */
  stop(): void {
    this.#isOn = false;
  }

  onStart(event: unknown): void {
    guard(() => this.#start(event));
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
    const below = this.#operations.get(call.callId)?.toolContext(call.toolCallId);
    return below === undefined ? call.execute() : contextApi.with(below, call.execute);
  }

  #start(event: unknown): void {
    const tracer = this.#tracer ?? liveSetup()?.tracing?.tracer;
    if (!this.#isOn || tracer === undefined || !isRecord(event)) return;
    const { callId } = event;
    const id = asText(event['operationId']);
    // Another integration makes spans of the same call: one tree is enough.
    if (callId === undefined || id === undefined || hasOpenTelemetry(globalIntegrations())) return;
    const onEnd = (): void => void this.#operations.delete(callId);
    this.#operations.set(callId, new Operation(tracer, id, event, onEnd));
  }
}

const OPEN_TELEMETRY = /^(?:Legacy)?OpenTelemetry$/u;

/** Whether `@ai-sdk/otel` is among these: it makes spans of the same calls, which are mapped. */
export function hasOpenTelemetry(integrations: readonly unknown[]): boolean {
  return integrations.some(
    (each) =>
      typeof each === 'object' && each !== null && OPEN_TELEMETRY.test(each.constructor.name),
  );
}

/** Where the AI SDK looks for integrations (`registerTelemetry`); it is documented as the place. */
export function globalIntegrations(): unknown[] {
  const known: unknown = Reflect.get(globalThis, 'AI_SDK_TELEMETRY_INTEGRATIONS');
  if (Array.isArray(known)) return known;
  const made: unknown[] = [];
  Reflect.set(globalThis, 'AI_SDK_TELEMETRY_INTEGRATIONS', made);
  return made;
}
