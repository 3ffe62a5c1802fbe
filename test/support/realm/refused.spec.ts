import { expect, it } from 'vitest';
import { setup } from '../../../src/index.js';

it('a connection that is refused is a request that failed', async () => {
  const tracing = await setup({ endpoint: process.env['REFUSING_ENDPOINT'] ?? '' });
  tracing.tracer.startSpan('a').end();
  await tracing.forceFlush({ timeoutMillis: 500 });
  expect(tracing.stats()).toMatchObject({ pendingSpans: 1, dropped: 0 });
  expect(tracing.stats().retries).toBeGreaterThan(0);
  await tracing.shutdown({ timeoutMillis: 100 });
});
