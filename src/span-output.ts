import type { Resource } from '@opentelemetry/resources';
import { createDelivery, type Delivery } from './delivery/delivery.js';
import { debug, warnOnce } from './diagnostics.js';
import { createJsonEncoder } from './encoding/json-encoder.js';
import { createProtobufEncoder } from './encoding/protobuf-encoder.js';
import type { SpanEncoder } from './encoding/span-encoder.js';
import type { ResolvedOptions } from './options/resolved-options.js';

/** What spans become and where they go. */
export interface DeliveredOutput {
  readonly encoder: SpanEncoder;
  readonly queue: Delivery;
}

/** Encoder and delivery as the options say; `undefined` without an endpoint. */
export function createSpanOutput(
  resolved: ResolvedOptions,
  resource: Resource,
): DeliveredOutput | undefined {
  const { endpoint, headers, compression, proxies } = resolved;
  if (endpoint === undefined) return undefined;
  const encoder = createEncoder(resolved, resource);
  const settings = { ...resolved.delivery, url: endpoint, headers, compression, proxies };
  return { encoder, queue: createDelivery(settings, encoder, { warnOnce, debug }) };
}

function createEncoder(resolved: ResolvedOptions, resource: Resource): SpanEncoder {
  const encoded = { attributes: resource.attributes, schemaUrl: resource.schemaUrl };
  return resolved.protocol === 'http/json'
    ? createJsonEncoder(encoded)
    : createProtobufEncoder(encoded);
}
