import {
  context,
  trace,
  type Context,
  type SpanContext,
  TraceFlags,
  type TracerProvider,
} from '@opentelemetry/api';
import type { ReadableSpan, Span, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { debug } from '../diagnostics.js';
import { isRecord } from '../mapping/read-attributes.js';
import type { ContextWatch } from '../provider/global-registration.js';
import { currentProvider, takesProcessors, type LiveKitModule } from './livekit-module.js';

// Everything that only LiveKit up to 1.5 needs: it uses OpenTelemetry SDK 1.x. When these versions
// are no longer supported, this file goes, and `connectLiveKit` loses three lines.

/** Whether this LiveKit uses OpenTelemetry SDK 1.x: all up to 1.5. An unknown version counts as new. */
export function usesSdk1({ version }: LiveKitModule): boolean {
  const parts = /^1\.(\d+)\./.exec(version ?? '');
  return parts?.[1] !== undefined && Number(parts[1]) < 6;
}

/** Providers whose spans come to one of ours. */
const STAND_INS = new WeakSet<TracerProvider>();

/** What is set in LiveKit 1.5.1 to 1.5.3: these know no registrar and ask the provider itself. */
export function createSdk1StandIn(
  provider: TracerProvider,
  addSpanProcessor: (processor: SpanProcessor) => void,
): TracerProvider {
  const standIn = {
    getTracer: (...scope: Parameters<TracerProvider['getTracer']>) => provider.getTracer(...scope),
    addSpanProcessor,
  };
  STAND_INS.add(standIn);
  return standIn;
}

/** Whether the spans of a provider of SDK 1.x, or of its stand-in, come to one of ours. */
export function isSdk1StandIn(provider: TracerProvider): boolean {
  return STAND_INS.has(provider);
}

/** What follows LiveKit's spans to another provider of LiveKit's. */
export interface SpanFollower {
  /** Receives them wherever they go: the processor of our whole span path. */
  readonly processor: SpanProcessor;
  /** Calls back when a context is entered. */
  readonly watchContexts: (watch: ContextWatch) => void;
}

/**
 * Up to 1.5.0 LiveKit knows no registrar: when its Cloud recording starts it makes a provider of its
 * own and moves its tracer there, whatever was set before. That provider is of SDK 1.x and takes
 * processors, so ours joins it. The move shows when the first span on it, `agent_session`, is made
 * active, before anything happens inside. `set` is the provider that was set in LiveKit.
 */
export function followSdk1Provider(
  module: LiveKitModule,
  set: TracerProvider,
  { processor, watchContexts }: SpanFollower,
): void {
  if (currentProvider(module) !== set) return;
  const listener = sdk1Listener(processor);
  const joined = new WeakSet<TracerProvider>([set]);
  watchContexts((entered: Context) => {
    const current = currentProvider(module);
    if (current === undefined || joined.has(current)) return;
    joined.add(current);
    if (!takesProcessors(current)) return;
    current.addSpanProcessor(listener);
    STAND_INS.add(current);
    // Already started: the provider tells its processors of a span's start before it is active.
    listener.onStart(trace.getSpan(entered), context.active());
    debug('LiveKit moved its spans to another provider for LiveKit Cloud: joined it');
  });
}

/** What SDK 1.x calls a span, as far as it differs. */
interface Sdk1Span {
  readonly instrumentationLibrary: ReadableSpan['instrumentationScope'];
  readonly parentSpanId?: string;
  spanContext(): SpanContext;
}

function isSdk1Span(value: unknown): value is Sdk1Span {
  return (
    isRecord(value) &&
    'instrumentationLibrary' in value &&
    'spanContext' in value &&
    !('instrumentationScope' in value)
  );
}

/** Listens on a provider of SDK 1.x for a processor of this SDK. It only reads: closing is not its. */
function sdk1Listener(processor: SpanProcessor) {
  const started = new WeakSet<object>();
  return {
    // Also called by hand for a span that had started before this was added.
    onStart: (span: unknown, parentContext: Context): void => {
      if (!isSdk1Span(span) || started.has(span)) return;
      started.add(span);
      processor.onStart(fromSdk1Span(span), parentContext);
    },
    onEnd: (span: unknown): void => {
      if (isSdk1Span(span)) processor.onEnd(fromSdk1Span(span));
    },
    forceFlush: () => Promise.resolve(),
    shutdown: () => Promise.resolve(),
  };
}

/** The span under the names of this SDK. Nothing that 2.x added and this package reads is missing. */
function fromSdk1Span(span: Sdk1Span): Span {
  const { traceId } = span.spanContext();
  const { parentSpanId: spanId } = span;
  const parent = spanId && { traceId, spanId, traceFlags: TraceFlags.SAMPLED };
  const view: Span = Object.create(span, {
    instrumentationScope: { value: span.instrumentationLibrary, enumerable: true },
    parentSpanContext: { value: parent || undefined, enumerable: true },
  });
  return view;
}
