import type { Resource } from '@opentelemetry/resources';
import { createEncoder, resolveDeliverySettings } from './collector-settings.js';
import { createDelivery, type Delivery } from './export/delivery.js';
import { debug, warnOnce } from './diagnostics.js';
import type { SpanEncoder } from './export/span-encoder.js';
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
  const settings = resolveDeliverySettings(resolved);
  if (settings === undefined) return undefined;
  const encoder = createEncoder(resolved.protocol, resource);
  return { encoder, queue: createDelivery(settings, encoder, { warnOnce, debug }) };
}
