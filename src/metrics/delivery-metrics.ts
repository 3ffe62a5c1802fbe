import type { BatchObservableResult, Meter } from '@opentelemetry/api';
import type { DeliveryStats } from '../export/delivery-stats.js';
import type { Instrument } from './metric-row.js';
import { INSTRUMENTS } from './metric-table.js';

/** Reports what became of spans whenever metrics are collected; returns how to stop. */
export function observeDelivery(meter: Meter, stats: () => DeliveryStats): () => void {
  const { spansExported, spansDropped, spansPending } = INSTRUMENTS;
  const exported = meter.createObservableCounter(...described(spansExported));
  const dropped = meter.createObservableCounter(...described(spansDropped));
  const pending = meter.createObservableUpDownCounter(...described(spansPending));
  const report = (result: BatchObservableResult): void => {
    const now = stats();
    result.observe(exported, now.exported);
    result.observe(pending, now.pendingSpans);
    for (const [reason, count] of Object.entries(now.droppedByReason)) {
      if (count > 0) result.observe(dropped, count, { reason });
    }
  };
  const observed = [exported, dropped, pending];
  meter.addBatchObservableCallback(report, observed);
  return () => meter.removeBatchObservableCallback(report, observed);
}

function described({
  name,
  unit,
  meaning,
}: Instrument): [name: string, options: { unit: string; description: string }] {
  return [name, { unit, description: meaning }];
}
