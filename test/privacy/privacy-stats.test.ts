import { inspect } from 'node:util';
import { SpanStatusCode, trace } from '@opentelemetry/api';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  setup,
  type CatalystTracing,
  type PrivacyOptions,
  type PrivacyStats,
  type SetupOptions,
} from '../../src/index.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';

const NOTHING: PrivacyStats = {
  removed: 0,
  redacted: 0,
  rewritten: 0,
  hashed: 0,
  failed: 0,
};

let receiver: Receiver;
beforeEach(async () => {
  vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  receiver = await startReceiver();
});
afterEach(async () => {
  trace.disable();
  vi.restoreAllMocks();
  await receiver.close();
});

/** Everything of a span that is content, and a key that is none. */
function endSpan({ tracer }: CatalystTracing, name = 'to frank@example.com'): void {
  const attributes = {
    'input.value': 'mail alice@example.com',
    'tag.tags': ['vip', 'bob@example.com'],
    'user.id': 'alice',
    'llm.model_name': 'carol@example.com',
  };
  tracer
    .startSpan(name, { attributes })
    .addEvent('e', { words: 'dan@example.com' })
    .setStatus({ code: SpanStatusCode.ERROR, message: 'no erin@example.com' })
    .end();
}

async function statsWith(privacy: PrivacyOptions, options: SetupOptions): Promise<PrivacyStats> {
  const tracing = await setup({
    endpoint: receiver.endpoint,
    autoInstrument: false,
    privacy,
    ...options,
  });
  endSpan(tracing);
  await tracing.shutdown();
  return tracing.stats().privacy;
}

type Case = readonly [said: string, privacy: PrivacyOptions, stats: Partial<PrivacyStats>];

const CASES: readonly Case[] = [
  ['nothing that is not asked for', {}, {}],
  ['what patterns mask, the name too', { redactPatterns: 'default' }, { rewritten: 5 }],
  ['what a hook changes', { redact: (value) => value.toUpperCase() }, { rewritten: 6 }],
  ['what a hook removes', { redact: () => undefined }, { removed: 6 }],
  ['identities as hashes', { hash: { key: 'a key of the application, k' } }, { hashed: 1 }],
  // Input, status message and event; tags and user as a whole.
  ['what switches remove and replace', { allowPii: false }, { removed: 4, redacted: 1 }],
  [
    'what a hook that throws loses',
    {
      redact: () => {
        throw new Error('no');
      },
    },
    { failed: 6 },
  ],
];

describe.each<readonly [string, () => SetupOptions]>([
  ['to one collector', () => ({})],
  ['nowhere but to metrics', () => ({ endpoint: '', metrics: true })],
  [
    'to a collector, an exporter and processors',
    () => ({
      exporters: [new InMemorySpanExporter()],
      spanProcessors: [1, 2].map(() => new SimpleSpanProcessor(new InMemorySpanExporter())),
    }),
  ],
])('stats().privacy of spans that go %s', (_, options) => {
  it.each(CASES)('counts %s', async (_said, privacy, stats) => {
    expect(await statsWith(privacy, options())).toEqual({ ...NOTHING, ...stats });
  });
});

it('is what was sent less, and a copy of its own', async () => {
  const tracing = await setup({
    endpoint: receiver.endpoint,
    autoInstrument: false,
    privacy: { redactPatterns: 'default' },
  });
  const before = tracing.stats();
  endSpan(tracing);
  await tracing.shutdown();
  expect(before.privacy).toEqual(NOTHING);
  expect(inspect(receiver.spans(), { depth: null }).match(/\[REDACTED:email\]/g)).toHaveLength(
    tracing.stats().privacy.rewritten,
  );
});

it('is all zero where tracing is disabled', async () => {
  vi.stubEnv('CATALYST_DISABLED', 'true');
  const tracing = await setup();
  vi.unstubAllEnvs();
  expect(tracing.stats().privacy).toEqual(NOTHING);
  await tracing.shutdown();
});
