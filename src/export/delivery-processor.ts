import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { debug, warnOnce } from '../diagnostics.js';
import { entriesOf } from '../mapping/mapped-span.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { FlushableProcessor, FlushDeadline } from '../processor/span-processor-fanout.js';
import { createDelivery, type Delivery } from './delivery.js';
import type { DeliverySettings } from './delivery-settings.js';
import { DeliveryLedger, type DeliveryStats } from './delivery-stats.js';
import { createJsonEncoder } from './json-encoder.js';
import { createProtobufEncoder } from './protobuf-encoder.js';
import type { SpanEncoder } from './span-encoder.js';

/** What decided options mean for delivery; `undefined` without an endpoint. */
export function resolveDeliverySettings(resolved: ResolvedOptions): DeliverySettings | undefined {
  if (resolved.endpoint === undefined) return undefined;
  return {
    ...resolved.delivery,
    url: resolved.endpoint,
    headers: resolved.headers,
    proxies: resolved.proxies,
    compression: resolved.compression,
  };
}

/** The encoder of one of OTLP's two HTTP encodings, for spans of one resource. */
export function createEncoder(
  protocol: ResolvedOptions['protocol'],
  { attributes, schemaUrl }: ReadableSpan['resource'],
): SpanEncoder {
  const encoded = { attributes, schemaUrl };
  return protocol === 'http/json' ? createJsonEncoder(encoded) : createProtobufEncoder(encoded);
}

/** The batch processor behind `setup()`. */
export class DeliveryProcessor implements FlushableProcessor {
  readonly settlesInTime = true;
  readonly #settings: DeliverySettings;
  readonly #protocol: ResolvedOptions['protocol'];
  #delivery: Delivery | undefined;
  #encoder: SpanEncoder | undefined;

  constructor(settings: DeliverySettings, protocol: ResolvedOptions['protocol']) {
    this.#settings = settings;
    this.#protocol = protocol;
  }

  onStart(): void {}

  onEnd(span: ReadableSpan): void {
    this.#encoder ??= createEncoder(this.#protocol, span.resource);
    this.#delivery ??= createDelivery(this.#settings, this.#encoder, { warnOnce, debug });
    const record = {
      name: span.name,
      kind: span.kind,
      spanContext: span.spanContext(),
      parentSpanContext: span.parentSpanContext,
      startTime: span.startTime,
      endTime: span.endTime,
      status: span.status,
      events: span.events,
      links: span.links,
      droppedAttributesCount: span.droppedAttributesCount,
      droppedEventsCount: span.droppedEventsCount,
      droppedLinksCount: span.droppedLinksCount,
    };
    const bytes = this.#encoder.encodeSpan(record, (sink) => {
      for (const { key, value } of entriesOf(span)) sink.put(key, value);
    });
    this.#delivery.add({ scope: span.instrumentationScope, bytes });
  }

  async forceFlush(options?: FlushDeadline): Promise<void> {
    await this.#delivery?.forceFlush(timeoutOf(options));
  }

  async shutdown(options?: FlushDeadline): Promise<void> {
    await this.#delivery?.shutdown(timeoutOf(options));
  }

  exitSync(): void {
    this.#delivery?.exitSync();
  }

  stats(): DeliveryStats {
    return this.#delivery?.stats() ?? new DeliveryLedger().stats(0, 0);
  }
}

function timeoutOf(options: FlushDeadline | undefined): { timeoutMillis?: number } {
  const timeoutMillis = options?.timeoutMillis;
  return timeoutMillis === undefined ? {} : { timeoutMillis };
}
