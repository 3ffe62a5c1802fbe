import type { TracerProvider } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** What this package uses of `telemetry.setTracerProvider`, in any LiveKit version. */
export interface SetTracerProviderOptions {
  readonly registerSpanProcessor: (processor: SpanProcessor) => void;
  readonly allowPii?: boolean;
}

/** What this package uses of a job, and offers of it to `sessionId` (`job.ts`). */
export interface LiveKitJobContext {
  readonly job?: {
    readonly id?: string;
    /** The room as the job was dispatched to it: known from the start. */
    readonly room?: { readonly sid?: string; readonly name?: string };
    readonly enableRedaction?: boolean;
  };
  /** The room as it was joined: without a name until it is. */
  readonly room?: { readonly name?: string | undefined };
  addShutdownCallback(callback: () => Promise<void>): void;
}

/** The part of the namespace of `@livekit/agents` that this package uses: public API alone. */
export interface LiveKitModule {
  readonly telemetry: {
    setTracerProvider(provider: TracerProvider, options: SetTracerProviderOptions): void;
    /** LiveKit's own tracer, which goes to the provider that was set last. */
    readonly tracer?: object;
    /** Whether the running job mandates redaction; 1.8 and newer have it (`telemetry/utils.ts`). */
    redactionEnabled?(): boolean;
  };
  readonly getJobContext?: (required: false) => LiveKitJobContext | undefined;
  readonly Task?: { current?(): unknown };
  readonly version?: string;
}

/**
 * The namespace of `@livekit/agents` in what an application handed over: the namespace itself, or
 * what `await import()` of the CommonJS copy gives, which holds it as `default`. `undefined` for
 * anything else, and for a version without telemetry (before 1.0.19, and 1.1.0).
 */
export function asLiveKitModule(value: unknown): LiveKitModule | undefined {
  if (isLiveKitModule(value)) return value;
  if (typeof value !== 'object' || value === null || !('default' in value)) return undefined;
  return isLiveKitModule(value.default) ? value.default : undefined;
}

/**
 * Whether this LiveKit uses OpenTelemetry SDK 1.x: all up to 1.5. An unknown version counts as new.
 */
export function usesSdk1({ version }: LiveKitModule): boolean {
  const parts = /^1\.(\d+)\./.exec(version ?? '');
  return parts?.[1] !== undefined && Number(parts[1]) < 6;
}

/** The provider that LiveKit's spans go to now; `undefined` when the version does not show it. */
export function currentProvider({ telemetry }: LiveKitModule): TracerProvider | undefined {
  const { tracer } = telemetry;
  if (tracer === undefined) return undefined;
  // Public as `getProvider()` from 1.5.1 on, and under this name in every version.
  const provider: unknown = Reflect.get(tracer, 'tracerProvider');
  return isTracerProvider(provider) ? provider : undefined;
}

function isTracerProvider(value: unknown): value is TracerProvider {
  return (
    typeof value === 'object' &&
    value !== null &&
    'getTracer' in value &&
    typeof value.getTracer === 'function'
  );
}

function isLiveKitModule(value: unknown): value is LiveKitModule {
  if (typeof value !== 'object' || value === null || !('telemetry' in value)) return false;
  const { telemetry } = value;
  return (
    typeof telemetry === 'object' &&
    telemetry !== null &&
    'setTracerProvider' in telemetry &&
    typeof telemetry.setTracerProvider === 'function'
  );
}
