import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { createDelivery, type Delivery } from '../../src/export/delivery.js';
import type { DeliverySettings } from '../../src/export/delivery-settings.js';
import { createProtobufEncoder } from '../../src/export/protobuf-encoder.js';
import type { SpanEncoder } from '../../src/export/span-encoder.js';
import type { EncodedSpan, ScopeRecord } from '../../src/export/span-record.js';

const SCOPE: ScopeRecord = { name: 'livekit-agents', version: '1.9.0' };

/** An encoder as delivery tests use it. */
export function createEncoder(): SpanEncoder {
  return createProtobufEncoder({ attributes: { 'service.name': 'agent' }, schemaUrl: undefined });
}

/** A span with this name and, when given, these attributes. */
export function encodeSpan(
  encoder: SpanEncoder,
  name: string,
  attributes: Readonly<Record<string, string>> = {},
): EncodedSpan {
  const bytes = encoder.encodeSpan(
    {
      name,
      kind: SpanKind.INTERNAL,
      spanContext: {
        traceId: '0af7651916cd43dd8448eb211c80319c',
        spanId: 'b7ad6b7169203331',
        traceFlags: 1,
      },
      parentSpanContext: undefined,
      startTime: [1_700_000_000, 0],
      endTime: [1_700_000_001, 0],
      status: { code: SpanStatusCode.UNSET },
      events: [],
      links: [],
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    },
    (sink) => {
      for (const [key, value] of Object.entries(attributes)) sink.put(key, value, 'none');
    },
  );
  return { scope: SCOPE, bytes };
}

/** Everything that was said, in order: warnings with their code, once each as in production. */
export interface Said {
  readonly warnings: string[];
  readonly debugged: string[];
  readonly codes: string[];
}

export interface OpenedDelivery {
  readonly delivery: Delivery;
  readonly said: Said;
  /** Adds spans with these names. */
  readonly add: (...names: string[]) => void;
  /** Adds one span with attributes. */
  readonly addWith: (name: string, attributes: Readonly<Record<string, string>>) => void;
}

/** A delivery to `url`; the settings are the package's defaults unless given. */
export function openDelivery(
  url: string,
  settings: Partial<DeliverySettings> = {},
  encoder: SpanEncoder = createEncoder(),
): OpenedDelivery {
  const said: Said = { warnings: [], debugged: [], codes: [] };
  const delivery = createDelivery(
    {
      url,
      headers: {},
      compression: 'gzip',
      maxQueueBytes: 32 * 1024 * 1024,
      maxBatchBytes: 1024 * 1024,
      maxRequestBytes: 4 * 1024 * 1024,
      flushIntervalMillis: 5000,
      exportTimeoutMillis: 10_000,
      shutdownTimeoutMillis: 10_000,
      spoolDirectory: undefined,
      ca: undefined,
      ...settings,
    },
    encoder,
    {
      warnOnce: (code, text) => {
        if (said.codes.includes(code)) return;
        said.codes.push(code);
        said.warnings.push(text);
      },
      debug: (text) => said.debugged.push(text),
    },
  );
  return {
    delivery,
    said,
    add: (...names) => {
      for (const name of names) delivery.add(encodeSpan(encoder, name));
    },
    addWith: (name, attributes) => delivery.add(encodeSpan(encoder, name, attributes)),
  };
}
