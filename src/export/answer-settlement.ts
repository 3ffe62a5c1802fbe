import type { Verdict } from './answer-verdict.js';
import type { DeliveryMessages } from './delivery-messages.js';
import type { DeliveryLedger } from './delivery-stats.js';

/** Counts the spans of a request that got a last word, and passes the collector's on. */
export function settleAnswer(
  spans: number,
  verdict: Extract<Verdict, { kind: 'accepted' | 'refused' }>,
  ledger: DeliveryLedger,
  messages: DeliveryMessages,
): void {
  if (verdict.kind === 'refused') {
    ledger.drop('rejected', spans);
    messages.refused(verdict.status, verdict.words);
    return;
  }
  const rejected = Math.min(spans, verdict.rejected);
  ledger.exported += spans - rejected;
  ledger.drop('rejected', rejected);
  if (rejected > 0) messages.partlyRejected(rejected, verdict.words);
  else if (verdict.words !== '') messages.warned(verdict.words);
}
