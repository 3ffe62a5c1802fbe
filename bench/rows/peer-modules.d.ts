/**
 * The peers live in bench/peers, which is installed only to run the bench; this is the part of
 * them that the rows use, so that the project type-checks without them.
 */
declare module '@opentelemetry/exporter-trace-otlp-http' {
  import type { SpanExporter } from '@opentelemetry/sdk-trace-base';
  export const OTLPTraceExporter: new (config: {
    url: string;
    compression?: 'gzip' | 'none';
  }) => SpanExporter;
}

declare module '@opentelemetry/exporter-trace-otlp-proto' {
  export { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
}

declare module '@langfuse/otel' {
  import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
  export class LangfuseSpanProcessor implements SpanProcessor {
    constructor(params: {
      publicKey: string;
      secretKey: string;
      baseUrl: string;
      flushInterval: number;
      shouldExportSpan: (params: { otelSpan: ReadableSpan }) => boolean;
    });
    onStart: SpanProcessor['onStart'];
    onEnd: SpanProcessor['onEnd'];
    forceFlush(): Promise<void>;
    shutdown(): Promise<void>;
  }
}
