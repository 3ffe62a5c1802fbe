import { telemetry } from '@livekit/agents';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';

/** LiveKit's spans exactly as LiveKit ends them, with nothing of ours in the process. */
export interface SpanCapture {
  readonly provider: NodeTracerProvider;
  /** In the order in which they ended. */
  spans(): readonly ReadableSpan[];
  named(name: string): readonly ReadableSpan[];
  /** The only span of that name; throws when there are none or several. */
  only(name: string): ReadableSpan;
  clear(): void;
  shutdown(): Promise<void>;
}

/** Registers a plain OpenTelemetry provider with LiveKit, the way LiveKit's documentation says. */
export function captureSpans(): SpanCapture {
  const exporter = new InMemorySpanExporter();
  const fanout = new telemetry.FanoutSpanProcessor();
  const provider = new NodeTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter), fanout],
  });
  provider.register();
  telemetry.setTracerProvider(provider, {
    registerSpanProcessor: (processor) => {
      fanout.add(processor);
    },
  });
  const named = (name: string): readonly ReadableSpan[] =>
    exporter.getFinishedSpans().filter((span) => span.name === name);
  return {
    provider,
    spans: () => exporter.getFinishedSpans(),
    named,
    only: (name) => {
      const [span, ...more] = named(name);
      if (span === undefined || more.length > 0) {
        throw new Error(`expected one ${name} span, saw ${named(name).length}`);
      }
      return span;
    },
    clear: () => exporter.reset(),
    shutdown: () => provider.shutdown(),
  };
}
