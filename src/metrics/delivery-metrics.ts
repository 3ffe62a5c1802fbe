import type { Meter, ObservableResult } from '@opentelemetry/api';
import type { DeliveryStats } from '../delivery/delivery-stats.js';
import { INSTRUMENTS } from './metric-table.js';

/** Reports what became of spans whenever metrics are collected; returns how to stop. */
export function observeDelivery(meter: Meter, stats: () => DeliveryStats): () => void {
  const { spansExported, spansDropped, spansPending } = INSTRUMENTS;
  const exported = meter.createObservableCounter(spansExported.name, {
    unit: spansExported.unit,
    description: spansExported.meaning,
  });
  const dropped = meter.createObservableCounter(spansDropped.name, {
    unit: spansDropped.unit,
    description: spansDropped.meaning,
  });
  const pending = meter.createObservableUpDownCounter(spansPending.name, {
    unit: spansPending.unit,
    description: spansPending.meaning,
  });
  const readExported = (result: ObservableResult): void => result.observe(stats().exported);
  const readDropped = (result: ObservableResult): void => {
    for (const [reason, count] of Object.entries(stats().droppedByReason)) {
      if (count > 0) result.observe(count, { reason });
    }
  };
  const readPending = (result: ObservableResult): void => result.observe(stats().pendingSpans);
  exported.addCallback(readExported);
  dropped.addCallback(readDropped);
  pending.addCallback(readPending);
  return () => {
    exported.removeCallback(readExported);
    dropped.removeCallback(readDropped);
    pending.removeCallback(readPending);
  };
}
