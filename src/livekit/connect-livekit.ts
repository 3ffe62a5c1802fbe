import type { TracerProvider } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { LiveKitModule } from './livekit-module.js';

export interface LiveKitConnection {
  readonly provider: TracerProvider;
  /** Takes LiveKit's own processors: its PII filter, its Cloud exporter. */
  readonly addSpanProcessor: (processor: SpanProcessor) => void;
  /** `false` tells LiveKit to strip content from every span before it ends (1.8 on). */
  readonly allowPii: boolean | undefined;
}

/**
 * Makes LiveKit send its spans to our provider. The registrar always goes along: without it LiveKit
 * turns its Cloud tracing off and does not apply a redaction that the project mandates
 * (`telemetry/traces.ts`). `metadata` never does: it crashes LiveKit up to 1.5 on this SDK.
 */
export function connectLiveKit(module: LiveKitModule, connection: LiveKitConnection): void {
  const { allowPii } = connection;
  module.telemetry.setTracerProvider(connection.provider, {
    registerSpanProcessor: connection.addSpanProcessor,
    ...(allowPii !== undefined && { allowPii }),
  });
}
