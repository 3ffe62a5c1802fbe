import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { Diagnostics } from '../../src/diagnostics.js';
import { DeliveryProcessor, type DeliverySettings } from '../../src/export/delivery-processor.js';
import {
  createScrubber,
  DeliveryReport,
  type DeliveryResult,
  type DeliveryStats,
} from '../../src/export/delivery-stats.js';
import { OtlpExporter, type OtlpExporterOptions } from '../../src/export/otlp-exporter.js';

const TRACER = new BasicTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'agent' }),
  spanLimits: { attributeCountLimit: 10_000 },
}).getTracer('livekit-agents', '1.9.0');

/** A real span that has ended, with this name and, when given, these attributes. */
export function endedSpan(
  name: string,
  attributes: Readonly<Record<string, string>> = {},
): ReadableSpan {
  const span = TRACER.startSpan(name, { attributes });
  span.end();
  return span as unknown as ReadableSpan;
}

/** Everything that was said, in order: warnings with their code, once each as in production. */
export interface Said {
  readonly warnings: string[];
  readonly debugged: string[];
  readonly codes: string[];
}

type Timeout = { readonly timeoutMillis?: number };

/** The batch processor, with the results that the handle of `setup()` gives. */
export interface TestDelivery {
  forceFlush(options?: Timeout): Promise<DeliveryResult>;
  shutdown(options?: Timeout): Promise<DeliveryResult>;
  exitSync(sends?: boolean): void;
  stats(): DeliveryStats;
}

export interface OpenedDelivery {
  readonly processor: DeliveryProcessor;
  readonly delivery: TestDelivery;
  readonly said: Said;
  /** Adds spans with these names. */
  readonly add: (...names: string[]) => void;
  /** Adds one span with attributes. */
  readonly addWith: (name: string, attributes: Readonly<Record<string, string>>) => void;
}

export type DeliveryTestSettings = Partial<DeliverySettings & OtlpExporterOptions>;

/** A delivery to `url`; the settings are the package's defaults unless given. */
export function openDelivery(url: string, given: DeliveryTestSettings = {}): OpenedDelivery {
  const said: Said = { warnings: [], debugged: [], codes: [] };
  const diagnostics: Diagnostics = {
    warnOnce: (code, text) => {
      if (said.codes.includes(code)) return;
      said.codes.push(code);
      said.warnings.push(text);
    },
    debug: (text) => said.debugged.push(text),
  };
  const settings = {
    url,
    headers: {},
    protocol: 'http/protobuf' as const,
    compression: 'gzip' as const,
    maxQueueBytes: 32 * 1024 * 1024,
    maxBatchBytes: 1024 * 1024,
    maxRequestBytes: 4 * 1024 * 1024,
    flushIntervalMillis: 5000,
    exportTimeoutMillis: 10_000,
    shutdownTimeoutMillis: 10_000,
    spoolDirectory: undefined,
    ca: undefined,
    ...given,
  };
  const processor = new DeliveryProcessor(
    new OtlpExporter(settings, diagnostics),
    settings,
    new DeliveryReport(url, createScrubber(settings.headers), true, diagnostics),
  );
  const result = (): DeliveryResult => {
    const { added, exported, dropped } = processor.stats();
    return { exported, dropped, pending: added - exported - dropped };
  };
  let closing: Promise<DeliveryResult> | undefined;
  return {
    processor,
    said,
    delivery: {
      forceFlush: (options) => closing ?? processor.forceFlush(options).then(result),
      shutdown: (options) => (closing ??= processor.shutdown(options).then(result)),
      exitSync: (sends = true) => processor.exitSync(sends),
      stats: () => processor.stats(),
    },
    add: (...names) => {
      for (const name of names) processor.onEnd(endedSpan(name));
    },
    addWith: (name, attributes) => processor.onEnd(endedSpan(name, attributes)),
  };
}
