import { createHmac } from 'node:crypto';
import { trace, type AttributeValue } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { agentSpan, setup } from '../../src/index.js';
import { withEnv } from '../support/everything-said.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { leaks, sendRows, type Row, type Withholding } from './wire.js';

const KEY = 'a key of the application';
const hashOf = (name: string): string =>
  `hmac-sha256:${createHmac('sha256', KEY).update(name).digest('hex')}`;

afterEach(() => {
  trace.disable();
});

async function valuesOf(
  way: Withholding,
  rows: readonly Row[],
): Promise<readonly (AttributeValue | undefined)[]> {
  const spans = await sendRows(way, rows);
  expect(spans).toHaveLength(rows.length);
  return spans.map(({ name, attributes }) => attributes[name] as AttributeValue | undefined);
}

describe('a hashed identity', () => {
  const fields = ['user.id', 'participant.identity', 'room.name'] as const;
  const KEYS = [
    'user.id',
    'enduser.id',
    'langfuse.user.id',
    'langfuse.trace.user_id',
    'traceloop.association.properties.user_id',
    'ai.telemetry.metadata.userId',
    'gen_ai.user',
    'llm.user',
    'lk.participant_identity',
    'lk.pii.participant_identity',
    'participant.identity',
    'lk.room_name',
    'lk.pii.room_name',
    'room.name',
    'voice.room_name',
  ];

  it.each<readonly [AttributeValue, AttributeValue]>([
    ['alice', hashOf('alice')],
    [4917012345678, hashOf('4917012345678')],
    [true, hashOf('true')],
    [
      ['alice', 'bob'],
      [hashOf('alice'), hashOf('bob')],
    ],
    [[4917012345678], [hashOf('4917012345678')]],
  ])('is hashed under every key, whatever it is: %o', async (value, expected) => {
    const rows: readonly Row[] = KEYS.map((key) => ['CHAIN', key, value]);
    for (const allowPii of [true, false]) {
      const sent = await valuesOf({ privacy: { allowPii, hash: { key: KEY, fields } } }, rows);
      expect(sent).toEqual(KEYS.map(() => expected));
      trace.disable();
    }
    const withheld = await valuesOf({ privacy: { allowPii: false } }, rows);
    expect(withheld).toEqual(KEYS.map(() => undefined));
  });
});

describe('a number under a key of content', () => {
  const NUMBERS: readonly Row[] = [
    ['LLM', 'lk.pii.callback_number', 4917012345678],
    ['LLM', 'lk.pii.pin', 4821],
    ['LLM', 'lk.pii.is_pregnant', true],
    ['LLM', 'lk.callback_number', 4917012345678],
    ['LLM', 'gen_ai.callback_number', 4917012345678],
    ['LLM', 'gen_ai.input.messages', 4917012345678],
    ['LLM', 'input.value', 4821],
    ['LLM', 'customer.pin', 4821],
    ['LLM', 'langfuse.account', [4917012345678]],
  ];

  it.each<readonly [string, Withholding]>([
    ['variable', { env: { LIVEKIT_TELEMETRY_ALLOW_PII: '0' } }],
    ['option', { privacy: { allowPii: false } }],
  ])('is withheld with the texts, by %s', async (_by, way) => {
    expect(await valuesOf(way, NUMBERS)).toEqual(NUMBERS.map(() => undefined));
    trace.disable();
    expect(await valuesOf(way, [['LLM', 'lk.new_delay', 1_250.5]])).toEqual([1_250.5]);
  });
});

describe('a limit of the length of values', () => {
  const CARD = '4111 1111 1111 1111';
  const rows: readonly Row[] = [10, 14, 17, 19, 30].map((length) => [
    'CHAIN',
    'input.value',
    `${'x'.repeat(30 - length)} ${CARD} and alice.liddell@example.com`,
  ]);

  it.each<readonly [string, Withholding]>([
    ['variable', { env: { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '35' } }],
    ['general variable', { env: { OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '35' } }],
    ['option', { options: { spanLimits: { attributeValueLengthLimit: 35 } } }],
  ])('is applied after redaction, by %s', async (_by, way) => {
    const whole = await valuesOf(way, rows);
    expect(whole.every((value) => typeof value === 'string' && value.length === 35)).toBe(true);
    trace.disable();
    const spans = await sendRows({ ...way, privacy: { redactPatterns: 'default' } }, rows);
    expect(spans).toHaveLength(rows.length);
    expect(leaks(spans, '4111')).toEqual([]);
    expect(leaks(spans, 'alice')).toEqual([]);
    expect(leaks(spans, '[REDACTED')).toHaveLength(rows.length);
  });

  it('leaves JSON paths the whole of the JSON', async () => {
    const json = JSON.stringify({ city: 'Paris', card: { number: CARD, exp: '12/29' } });
    const way = { env: { OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: '45' } };
    const privacy = { toolJsonPaths: ['$.card.number'] };
    const [value] = await valuesOf({ ...way, privacy }, [['TOOL', 'output.value', json]]);
    expect(value).toBe(
      '{"city":"Paris","card":{"number":"__REDACTED__","exp":"12/29"}}'.slice(0, 45),
    );
  });
});

describe('what an application writes under keys of ours', () => {
  const FREE = 'Ms Jones gave up, call 0170 1234567';
  const run = async (way: Withholding, outcome?: string): Promise<string> => {
    const receiver = await startReceiver();
    await withEnv(way.env ?? {}, async () => {
      const { endpoint } = receiver;
      const { privacy = {} } = way;
      const tracing = await setup({ endpoint, autoInstrument: false, privacy });
      const job = { addShutdownCallback: () => {} };
      await tracing.job(job, { tenantId: outcome ?? 'acme-7', agentName: 'Support' }, () =>
        agentSpan({ agentName: 'Support' }, (span) => {
          if (outcome !== undefined) span.setOutcome(outcome).setStopReason(outcome);
        }),
      );
      await tracing.shutdown();
    });
    const sent = receiver.spans().map(({ attributes }) => JSON.stringify(attributes));
    await receiver.close();
    return sent.join('\n');
  };

  it.each<readonly [string, Withholding]>([
    ['allowPii, by variable', { env: { LIVEKIT_TELEMETRY_ALLOW_PII: '0' } }],
    ['allowPii, by option', { privacy: { allowPii: false } }],
    ['captureMessageContent', { privacy: { captureMessageContent: false } }],
    ['hideInputs, by variable', { env: { OPENINFERENCE_HIDE_INPUTS: 'on' } }],
    ['hideOutputs, by option', { privacy: { hideOutputs: true } }],
  ])('is metadata unless it is a word of ours: %s', async (_name, way) => {
    expect(await run({}, FREE)).toContain(FREE);
    expect(await run(way, FREE)).not.toContain(FREE);
    const own = await run(way);
    // A tenant may be a person's name: there is no word of ours for one.
    expect(own).not.toContain('acme-7');
    for (const word of ['"agent.outcome":"success"', '"agent.stop_reason":"completed"']) {
      expect(own).toContain(word);
    }
  });

  it('is masked in the names of agents and tools', async () => {
    const rows: readonly Row[] = [
      'agent.name',
      'gen_ai.agent.name',
      'lk.agent_name',
      'tool.name',
      'gen_ai.tool.name',
      'graph.node.name',
    ].map((key) => ['AGENT', key, 'desk of bob@example.com']);
    const masked = await valuesOf({ privacy: { redactPatterns: 'default' } }, rows);
    expect(masked).toEqual(rows.map(() => 'desk of [REDACTED:email]'));
    trace.disable();
    expect(await valuesOf({}, rows)).toEqual(rows.map(([, , value]) => value));
  });
});
