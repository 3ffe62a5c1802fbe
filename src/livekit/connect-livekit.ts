import type { TracerProvider } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { BareOwnSpans } from '../provider/bare-own-spans.js';
import { providerBehind } from '../provider/global-registration.js';
import { Sdk1ProcessorAdapter } from '../provider/sdk-1-spans.js';
import { currentProvider, type LiveKitModule, usesSdk1 } from './livekit-module.js';
import { listenAfterTakeover, type TakeoverWatch } from './provider-takeover.js';

/** Our side of the connection. */
export interface LiveKitConnection {
  readonly provider: TracerProvider;
  /** Takes LiveKit's own processors: its PII filter, its Cloud exporter. */
  readonly addSpanProcessor: (processor: SpanProcessor) => void;
  /**
   * `false` tells LiveKit to strip content from every span before it ends (1.8 on); `undefined`
   * leaves it to LiveKit's own default, its variable included.
   */
  readonly allowPii: boolean | undefined;
  /** Lets the processors of another provider go on receiving LiveKit's spans. */
  readonly shareWith?: (foreign: TracerProvider) => void;
  /** What follows LiveKit's spans to a provider of its own. */
  readonly takeover?: TakeoverWatch;
}

/**
 * Makes LiveKit send its spans to our provider. The registrar always goes along: without it LiveKit
 * turns its Cloud tracing off and does not apply a redaction that the project mandates
 * (`telemetry/traces.ts`). `metadata` never does: it crashes LiveKit up to 1.5 on this SDK.
 */
export function connectLiveKit(module: LiveKitModule, connection: LiveKitConnection): void {
  const { provider, allowPii, addSpanProcessor } = connection;
  const before = currentProvider(module);
  const foreign = before === undefined ? undefined : providerBehind(before);
  if (foreign !== undefined && foreign !== provider) connection.shareWith?.(foreign);
  module.telemetry.setTracerProvider(provider, {
    registerSpanProcessor: (processor) =>
      addSpanProcessor(
        new BareOwnSpans(usesSdk1(module) ? new Sdk1ProcessorAdapter(processor) : processor),
      ),
    ...(allowPii !== undefined && { allowPii }),
  });
  if (connection.takeover !== undefined) listenAfterTakeover(module, connection.takeover);
}
