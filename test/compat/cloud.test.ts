import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LOOPBACK_TLS } from '../support/loopback-tls.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { LIVEKIT_VERSIONS } from './compatibility-cases.js';
import { install } from './installations.js';
import { conversationOf, EXPECTED_CALLS } from './model-calls.js';
import { startApplication, type ApplicationEnd } from './run-application.js';

/** Attributes that only this package writes. */
const OURS =
  /^(?:openinference\.|llm\.|input\.|output\.|session\.id|user\.id|agent\.|tool\.|tool_call\.|voice\.|metadata|tag\.)/;

/** 1.5.1 to 1.5.3 know no registrar and ask the provider itself to take their exporter. */
const VERSIONS = [...LIVEKIT_VERSIONS, '1.5.3'];

describe.each(['cloud second', 'cloud first'] as const)('LiveKit Cloud, %s', (order) => {
  it.concurrent.each(VERSIONS)('shares the spans of LiveKit %s', async (livekit) => {
    const { end, cloud, ours } = await run({ livekit, order });

    expect(end.outcome.errors).toEqual([]);
    expect(end.stderr).toBe('');
    const toCloud = ofLiveKit(cloud);
    const toUs = ofLiveKit(ours);
    expect(names(toUs)).toEqual(expect.arrayContaining(['agent_session', 'llm_request']));
    expect(ids(toCloud)).toEqual(ids(toUs));

    expect(conversationOf(ours)).toEqual(EXPECTED_CALLS);
    expect(new Set(ours.map(({ attributes }) => attributes['session.id'])).size).toBe(1);
    expect(withKeys(cloud, OURS)).toEqual([]);
    // LiveKit Cloud tells rooms and jobs apart by these.
    for (const { name, attributes } of toCloud) {
      expect([name, attributes['room_id'], attributes['job_id']]).toEqual([
        name,
        'RM_room',
        'AJ_job',
      ]);
    }
  });

  it.concurrent.each(VERSIONS)(
    'has the words of LiveKit %s where ours may not',
    async (livekit) => {
      const { cloud, ours } = await run({ livekit, order, allowPii: false });
      expect(ids(ofLiveKit(cloud))).toEqual(ids(ofLiveKit(ours)));
      expect(written(ours)).not.toContain('Paris');
      expect(written(cloud)).toContain('Paris');
    },
  );
});

it('has each span once when LiveKit 1.3.0, which moves its tracer, was connected twice', async () => {
  const { end, ours } = await run({ livekit: '1.3.0', order: 'cloud second', connect: 'again' });
  expect(end.outcome.errors).toEqual([]);
  expect(new Set(ids(ours)).size).toBe(ours.length);
  expect(conversationOf(ours)).toEqual(EXPECTED_CALLS);
});

interface CloudCase {
  readonly livekit: string;
  readonly order: 'cloud first' | 'cloud second';
  readonly allowPii?: boolean;
  readonly connect?: 'again';
}

async function run({ livekit, order, allowPii, connect }: CloudCase): Promise<{
  readonly end: ApplicationEnd;
  readonly cloud: readonly DecodedSpan[];
  readonly ours: readonly DecodedSpan[];
}> {
  const directory = await install({ livekit, packageManager: 'npm', apiCopies: 'one' });
  const authority = join(directory, 'loopback.pem');
  await writeFile(authority, LOOPBACK_TLS.cert);
  const collector = await startReceiver();
  const cloud = await startReceiver({ tls: LOOPBACK_TLS });
  try {
    const end = await startApplication({
      directory,
      args: ['cloud.mjs'],
      env: {
        CATALYST_OTLP_ENDPOINT: collector.endpoint,
        CLOUD_HOST: `127.0.0.1:${cloud.port}`,
        ORDER: order,
        ...(connect !== undefined && { CONNECT: connect }),
        ...(allowPii !== undefined && { ALLOW_PII: String(allowPii) }),
        LIVEKIT_API_KEY: 'key',
        LIVEKIT_API_SECRET: 'a secret that is long enough for a signature',
        NODE_EXTRA_CA_CERTS: authority,
        OTEL_BSP_SCHEDULE_DELAY: '100',
      },
    });
    return { end, cloud: cloud.spans(), ours: collector.spans() };
  } finally {
    await Promise.all([collector.close(), cloud.close()]);
  }
}

function ofLiveKit(spans: readonly DecodedSpan[]): readonly DecodedSpan[] {
  return spans.filter(({ scopeName }) => scopeName === 'livekit-agents');
}

function ids(spans: readonly DecodedSpan[]): readonly string[] {
  return spans.map(({ name, spanId }) => `${name} ${spanId}`).toSorted();
}

function names(spans: readonly DecodedSpan[]): readonly string[] {
  return [...new Set(spans.map(({ name }) => name))];
}

function withKeys(spans: readonly DecodedSpan[], pattern: RegExp): readonly string[] {
  return spans.flatMap(({ name, attributes }) =>
    Object.keys(attributes)
      .filter((key) => pattern.test(key))
      .map((key) => `${name}: ${key}`),
  );
}

function written(spans: readonly DecodedSpan[]): string {
  return JSON.stringify(spans, (_key, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
}
