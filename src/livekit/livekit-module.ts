import type { TracerProvider } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';

/** What this package uses of `telemetry.setTracerProvider`, in any LiveKit version. */
export interface SetTracerProviderOptions {
  readonly registerSpanProcessor: (processor: SpanProcessor) => void;
  readonly allowPii?: boolean;
}

/** What this package uses of a job (`job.ts`). */
export interface LiveKitJobContext {
  readonly job?: { readonly id?: string; readonly room?: { readonly sid?: string } };
  addShutdownCallback(callback: () => Promise<void>): void;
}

/** The part of the namespace of `@livekit/agents` that this package uses: public API alone. */
export interface LiveKitModule {
  readonly telemetry: {
    setTracerProvider(provider: TracerProvider, options: SetTracerProviderOptions): void;
  };
  readonly getJobContext?: (required: false) => LiveKitJobContext | undefined;
  readonly Task?: { current?(): unknown };
  readonly version?: string;
}

/** Whether a value is a namespace of `@livekit/agents` that has telemetry (1.0.19 and newer, not 1.1.0). */
export function isLiveKitModule(value: unknown): value is LiveKitModule {
  if (typeof value !== 'object' || value === null || !('telemetry' in value)) return false;
  const { telemetry } = value;
  return (
    typeof telemetry === 'object' &&
    telemetry !== null &&
    'setTracerProvider' in telemetry &&
    typeof telemetry.setTracerProvider === 'function'
  );
}
