import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { setup } from '../../src/index.js';
import { resolveGiven, warningsOf } from './given.js';

const SAMPLER = 'OTEL_TRACES_SAMPLER';

describe('OTEL_TRACES_SAMPLER', () => {
  it.each([
    ['always_on', 'AlwaysOnSampler'],
    ['ALWAYS_OFF', 'AlwaysOffSampler'],
    [' Always_Off ', 'AlwaysOffSampler'],
    ['"always_off"', 'AlwaysOffSampler'],
    ["'always_off'", 'AlwaysOffSampler'],
    ['traceidratio', 'TraceIdRatioBased{1}'],
    ['parentbased_always_off', /ParentBased\{root=AlwaysOffSampler/],
    ['ParentBased_TraceIdRatio', /ParentBased\{root=TraceIdRatioBased\{1\}/],
  ])('%s is read as the specification has it', (text, shown) => {
    const outcome = resolveGiven({ endpoint: 'http://localhost' }, { [SAMPLER]: text });
    expect(outcome.resolved.sampler?.toString()).toMatch(shown);
    expect(outcome.warnings).toEqual([]);
  });

  it.each([
    'always',
    'alwaysoff',
    'jaeger_remote',
    'parentbased_jaeger_remote',
    'xray',
    'toString',
  ])('%s warns once, and the default is used', (text) => {
    const outcome = resolveGiven({}, { [SAMPLER]: text });
    expect(outcome.resolved.sampler).toBeUndefined();
    expect(warningsOf(outcome, SAMPLER)).toEqual([
      expect.stringContaining(`saw "${text}"; it is ignored`),
    ]);
  });

  it.each([
    ['0.25', 'TraceIdRatioBased{0.25}'],
    [' "0.25" ', 'TraceIdRatioBased{0.25}'],
    ['0', 'TraceIdRatioBased{0}'],
    ['', 'TraceIdRatioBased{1}'],
  ])('the ratio %j is taken', (ratio, shown) => {
    const env = { [SAMPLER]: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: ratio };
    const outcome = resolveGiven({ endpoint: 'http://localhost' }, env);
    expect(outcome.resolved.sampler?.toString()).toBe(shown);
    expect(outcome.warnings).toEqual([]);
  });

  it.each(['10', '100%', '-1', 'half', 'NaN'])('the ratio %s warns, and 1 is used', (ratio) => {
    const env = { [SAMPLER]: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: ratio };
    const outcome = resolveGiven({}, env);
    expect(outcome.resolved.sampler?.toString()).toContain('root=TraceIdRatioBased{1}');
    expect(warningsOf(outcome, SAMPLER)).toEqual([
      expect.stringContaining(
        `OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1; saw ${JSON.stringify(ratio)}`,
      ),
    ]);
  });
});

describe('the variables of span limits', () => {
  it('add up, the one about spans over the general one, code over both', () => {
    const { resolved, warnings } = resolveGiven(
      { endpoint: 'http://localhost', spanLimits: { linkCountLimit: 1 } },
      {
        OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: '5',
        OTEL_ATTRIBUTE_COUNT_LIMIT: '6',
        OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: '"7"',
        OTEL_SPAN_EVENT_COUNT_LIMIT: '0',
        OTEL_SPAN_LINK_COUNT_LIMIT: '9',
        OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: '10',
        OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: '11',
      },
    );
    expect(resolved.spanLimits).toEqual({
      attributeCountLimit: 5,
      attributeValueLengthLimit: 7,
      eventCountLimit: 0,
      linkCountLimit: 1,
      attributePerEventCountLimit: 10,
      attributePerLinkCountLimit: 11,
    });
    expect(warnings).toEqual([]);
  });

  it.each(['10k', '-1', '1.5', 'many'])('%s warns, and the default is used', (text) => {
    const outcome = resolveGiven({}, { OTEL_SPAN_EVENT_COUNT_LIMIT: text });
    expect(outcome.resolved.spanLimits).toBeUndefined();
    expect(warningsOf(outcome, 'OTEL_SPAN_EVENT_COUNT_LIMIT')).toHaveLength(1);
  });
});

describe('a real set-up', () => {
  let warned: string[] = [];
  beforeEach(() => {
    warned = [];
    vi.spyOn(console, 'warn').mockImplementation((text: string) => void warned.push(text));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  async function record(): Promise<InMemorySpanExporter> {
    const exporter = new InMemorySpanExporter();
    const tracing = await setup({ exporters: [exporter], autoInstrument: false });
    try {
      const span = tracing.tracer.startSpan('span');
      for (const name of ['a', 'b', 'c']) span.setAttribute(name, 1).addEvent(name);
      span.end();
      await tracing.forceFlush();
      return Object.assign(exporter, { shutdown: () => Promise.resolve() });
    } finally {
      await tracing.shutdown();
    }
  }

  it('records nothing with ALWAYS_OFF, and everything with a name that nobody knows', async () => {
    vi.stubEnv(SAMPLER, 'ALWAYS_OFF');
    expect((await record()).getFinishedSpans()).toHaveLength(0);
    vi.stubEnv(SAMPLER, 'jaeger_remote');
    expect((await record()).getFinishedSpans()).toHaveLength(1);
    expect(warned.filter((text) => text.includes(SAMPLER))).toHaveLength(1);
  });

  it('keeps the limits of its variables', async () => {
    vi.stubEnv('OTEL_SPAN_EVENT_COUNT_LIMIT', '2');
    vi.stubEnv('OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', '"1"');
    const [span] = (await record()).getFinishedSpans();
    expect(span?.events).toHaveLength(2);
    expect(span?.droppedAttributesCount).toBe(2);
    expect(warned).toEqual([]);
  });
});
