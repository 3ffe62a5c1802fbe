import type { TracerProvider } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { BareOwnSpans } from '../provider/bare-own-spans.js';
import { providerBehind } from '../provider/global-registration.js';
import { Sdk1ProcessorAdapter } from '../provider/sdk-1-spans.js';
import { livekitConnectorOf } from './livekit-connector.js';
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
  const { allowPii, takeover } = connection;
  shareWithPredecessor(module, connection);
  const registerSpanProcessor = registrarFor(module, connection);
  // 1.5.1 to 1.5.3 know no registrar and ask the provider itself.
  const provider = usesSdk1(module)
    ? sdk1Provider(connection.provider, registerSpanProcessor)
    : connection.provider;
  module.telemetry.setTracerProvider(provider, {
    registerSpanProcessor,
    ...(allowPii !== undefined && { allowPii }),
  });
  if (takeover !== undefined) listenAfterTakeover(module, provider, takeover);
}

/**
 * Whoever has LiveKit's spans now goes on receiving them. Tracing of ours that was there before was
 * shut down, or has them anyway.
 */
function shareWithPredecessor(module: LiveKitModule, { shareWith }: LiveKitConnection): void {
  const current = currentProvider(module);
  const predecessor = current === undefined ? undefined : providerBehind(current);
  if (predecessor === undefined || livekitConnectorOf(predecessor) !== undefined) return;
  if (!OURS.has(predecessor)) shareWith?.(predecessor);
}

function registrarFor(
  module: LiveKitModule,
  { addSpanProcessor }: LiveKitConnection,
): (processor: SpanProcessor) => void {
  return (processor) =>
    addSpanProcessor(
      new BareOwnSpans(usesSdk1(module) ? new Sdk1ProcessorAdapter(processor) : processor),
    );
}

/** Providers that stand for ours towards LiveKit up to 1.5. */
const OURS = new WeakSet<TracerProvider>();

function sdk1Provider(
  provider: TracerProvider,
  addSpanProcessor: (processor: SpanProcessor) => void,
): TracerProvider {
  const standIn = {
    getTracer: (...scope: Parameters<TracerProvider['getTracer']>) => provider.getTracer(...scope),
    addSpanProcessor,
  };
  OURS.add(standIn);
  return standIn;
}
