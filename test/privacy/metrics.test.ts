import { trace } from '@opentelemetry/api';
import { expect, it } from 'vitest';
import { manualSpan, setup, type PrivacyOptions } from '../../src/index.js';
import { MetricPoints } from '../support/metric-points.js';
import { startReceiver } from '../support/otlp-receiver.js';

const TENANT = 'Ms Jones <jones@example.com>';
const COUNTERS = ['voice.sessions.started', 'llm.tokens.input', 'voice.session.duration'];

/** The tenant on the metrics of a job, and how many sessions they have as open when it has ended. */
async function measure(privacy: PrivacyOptions) {
  const receiver = await startReceiver();
  const { endpoint } = receiver;
  const tracing = await setup({ endpoint, autoInstrument: false, metrics: true, privacy });
  const job = { addShutdownCallback: () => {} };
  await tracing.job(job, { tenantId: TENANT }, () =>
    manualSpan({ spanName: 'chat', spanKind: 'LLM' }, (span) => span.recordTokens({ prompt: 7 })),
  );
  await tracing.shutdown();
  trace.disable();
  const points = MetricPoints.receivedBy(receiver);
  await receiver.close();
  const ofCounters = COUNTERS.flatMap((metric) => points.of(metric));
  expect(ofCounters).toHaveLength(COUNTERS.length);
  return {
    tenants: ofCounters.map(({ attributes }) => attributes['tenant.id']),
    active: points.sum('voice.sessions.active'),
    all: JSON.stringify(points.all.map(({ attributes }) => attributes)),
  };
}

it.each<readonly [string, PrivacyOptions, string | undefined]>([
  ['nothing', {}, TENANT],
  ['people', { allowPii: false }, undefined],
  ['content', { captureMessageContent: false }, undefined],
  ['outputs', { hideOutputs: true }, undefined],
  ['patterns', { redactPatterns: 'default' }, 'Ms Jones <[REDACTED:email]>'],
  ['a hook', { redact: (value) => value.replace('Jones', 'J') }, TENANT.replace('Jones', 'J')],
])(
  'metrics have the tenant as spans have it, where %s is withheld',
  async (_name, privacy, expected) => {
    const { tenants, active, all } = await measure(privacy);
    expect(tenants).toEqual(COUNTERS.map(() => expected));
    expect(active).toBe(0);
    expect(all.includes(TENANT)).toBe(expected === TENANT);
  },
);
