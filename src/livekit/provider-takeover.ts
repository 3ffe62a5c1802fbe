import { context, trace, type Context, type TracerProvider } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { debug } from '../diagnostics.js';
import { Sdk1Listener } from '../provider/sdk-1-spans.js';
import type { ContextWatch } from '../provider/watched-context-manager.js';
import { currentProvider, type LiveKitModule, usesSdk1 } from './livekit-module.js';

export interface TakeoverWatch {
  /** What receives them wherever they go: the processor that stands for the whole span path. */
  readonly processor: SpanProcessor;
  /** Calls back when a context is entered. */
  readonly watchContexts: (watch: ContextWatch | undefined) => void;
}

interface Sdk1Provider extends TracerProvider {
  addSpanProcessor(processor: Sdk1Listener): void;
}

/**
 * Up to 1.5.0 LiveKit knows no registrar: when its Cloud recording starts it makes a provider of its
 * own and moves its tracer there, whatever was set before. That provider is of SDK 1.x and takes
 * processors, so ours joins it. The move shows when the first span on it, `agent_session`, is made
 * active, before anything happens inside. `given` is the provider that LiveKit was given.
 */
export function listenAfterTakeover(
  module: LiveKitModule,
  given: TracerProvider,
  { processor, watchContexts }: TakeoverWatch,
): void {
  if (!usesSdk1(module) || currentProvider(module) !== given) return;
  const listener = new Sdk1Listener(processor);
  const joined = new WeakSet<TracerProvider>([given]);
  watchContexts((entered: Context) => {
    const current = currentProvider(module);
    if (current === undefined || joined.has(current)) return;
    joined.add(current);
    if (!takesProcessors(current)) return;
    current.addSpanProcessor(listener);
    // Under way already: the provider tells its processors of a span's start before it is active.
    listener.onStart(trace.getSpan(entered), context.active());
    debug('LiveKit moved its spans to a provider of its own for LiveKit Cloud: joined it');
  });
}

function takesProcessors(provider: TracerProvider): provider is Sdk1Provider {
  return 'addSpanProcessor' in provider && typeof provider.addSpanProcessor === 'function';
}
