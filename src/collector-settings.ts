import type { Resource } from '@opentelemetry/resources';
import type { DeliverySettings } from './export/delivery-settings.js';
import { createJsonEncoder } from './export/json-encoder.js';
import { createProtobufEncoder } from './export/protobuf-encoder.js';
import type { SpanEncoder } from './export/span-encoder.js';
import type { ResolvedOptions } from './options/resolved-options.js';

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
  { attributes, schemaUrl }: Resource,
): SpanEncoder {
  const encoded = { attributes, schemaUrl };
  return protocol === 'http/json' ? createJsonEncoder(encoded) : createProtobufEncoder(encoded);
}
