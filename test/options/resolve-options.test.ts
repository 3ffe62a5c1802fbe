import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/errors.js';
import { refusalOf, resolveGiven, warningsOf } from './given.js';

const redact = (value: string): string => value;
const ENDPOINT = { endpoint: 'https://host.example' };

describe('disabled', () => {
  it.each([
    ['true', true],
    ['TRUE', true],
    ['1', true],
    ['Yes', true],
    ['on', true],
    [' true ', true],
    ['false', false],
    ['False', false],
    ['0', false],
    ['no', false],
    ['off', false],
    ['', false],
  ])('%j in either variable is %s', (text, disabled) => {
    for (const variable of ['CATALYST_DISABLED', 'OTEL_SDK_DISABLED']) {
      expect(resolveGiven(ENDPOINT, { [variable]: text }).resolved.disabled).toBe(disabled);
    }
  });

  it('CATALYST_DISABLED comes before OTEL_SDK_DISABLED; what cannot be read warns once', () => {
    const env = { CATALYST_DISABLED: 'false', OTEL_SDK_DISABLED: 'true' };
    expect(resolveGiven({}, env).resolved.disabled).toBe(false);
    const outcome = resolveGiven({}, { ...env, CATALYST_DISABLED: 'maybe' });
    expect(outcome.resolved.disabled).toBe(true);
    expect(warningsOf(outcome, 'CATALYST_DISABLED')).toHaveLength(1);
  });

  it('turns errors about options into warnings, so that the switch works on a broken set-up', () => {
    const options = { endpoint: 'localhost:4318', privacy: 5, tags: 'a' };
    expect(() => resolveGiven(options)).toThrow(InvalidOptionError);
    const { resolved, warnings } = resolveGiven(options, { OTEL_SDK_DISABLED: 'true' });
    expect(resolved.disabled).toBe(true);
    expect(warnings.map(({ code }) => code).toSorted()).toEqual([
      'option.endpoint',
      'option.privacy',
      'option.tags',
    ]);
  });
});

it.each(['userId', 'sessionId'])(
  'an error about %s shows no number: it may be a telephone',
  (name) => {
    expect(() => resolveGiven({ [name]: 4917012345678 })).toThrow(/saw a number/);
  },
);

describe('the resource', () => {
  it('is put together from code and OTEL_RESOURCE_ATTRIBUTES, code first', () => {
    const { resolved } = resolveGiven(
      {
        ...ENDPOINT,
        serviceName: 'code',
        resourceAttributes: { region: 'eu', count: 2, on: true, list: ['a'], gone: undefined },
      },
      {
        OTEL_RESOURCE_ATTRIBUTES:
          'service.name=env,service.version=1.0,region=us,host.name=a%2Cb,deployment.environment=old',
      },
    );
    expect(resolved.resourceAttributes).toEqual({
      'service.name': 'code',
      'service.version': '1.0',
      'deployment.environment.name': 'old',
      'deployment.environment': 'old',
      region: 'eu',
      count: 2,
      on: true,
      list: ['a'],
      'host.name': 'a,b',
    });
    expect(resolved.sources['resourceAttributes']).toEqual(['option', 'OTEL_RESOURCE_ATTRIBUTES']);
  });

  it('counts service.name in resourceAttributes as code', () => {
    const resourceAttributes = {
      'service.name': 'from attributes',
      'service.version': '9',
      'deployment.environment.name': 'qa',
    };
    const env = { CATALYST_SERVICE_NAME: 'env', CATALYST_SERVICE_VERSION: '1' };
    expect(resolveGiven({ ...ENDPOINT, resourceAttributes }, env).resolved).toMatchObject({
      serviceName: 'from attributes',
      serviceVersion: '9',
      environment: 'qa',
      resourceAttributes,
    });
    const both = { ...ENDPOINT, resourceAttributes, serviceName: 'own option' };
    expect(resolveGiven(both, env).resolved.resourceAttributes['service.name']).toBe('own option');
  });

  it.each(['novalue', 'a=%zz', 'a=1,=2'])(
    'discards OTEL_RESOURCE_ATTRIBUTES=%s whole, warning once',
    (text) => {
      const outcome = resolveGiven(ENDPOINT, { OTEL_RESOURCE_ATTRIBUTES: `good=1,${text}` });
      expect(outcome.resolved.resourceAttributes).toEqual({ 'service.name': 'livekit-agent' });
      expect(outcome.warnings).toHaveLength(1);
    },
  );

  it.each([['a=b'], [5], [['a']], [{ a: {} }], [{ a: [1, 'b'] }], [{ a: () => 1 }]])(
    'refuses the option %j',
    (resourceAttributes) => {
      expect(refusalOf({ resourceAttributes }).option).toBe('resourceAttributes');
    },
  );

  it('takes no key for a prototype', () => {
    const { resolved } = resolveGiven(ENDPOINT, { OTEL_RESOURCE_ATTRIBUTES: '__proto__=x,a=1' });
    expect(Object.getPrototypeOf(resolved.resourceAttributes)).toBe(Object.prototype);
    expect(resolved.resourceAttributes['a']).toBe('1');
  });
});

describe('privacy', () => {
  it.each([
    ['OPENINFERENCE_HIDE_INPUTS', 'hideInputs', true],
    ['OPENINFERENCE_HIDE_OUTPUT_TEXT', 'hideOutputText', true],
    ['LIVEKIT_TELEMETRY_ALLOW_PII', 'allowPii', false],
    ['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT', 'captureMessageContent', false],
  ] as const)('%s that cannot be read withholds, and warns once', (variable, name, strict) => {
    const outcome = resolveGiven(ENDPOINT, { [variable]: 'enabled?' });
    expect(outcome.resolved.privacy.flags[name]).toBe(strict);
    expect(warningsOf(outcome, variable)).toHaveLength(1);
  });

  it.each([
    ['true', true],
    ['1', true],
    ['Yes', true],
    ['ON', true],
    ['false', false],
    ['0', false],
    ['no', false],
    ['off', false],
  ])('a flag of %j is %s', (text, value) => {
    const { flags } = resolveGiven(ENDPOINT, {
      OPENINFERENCE_HIDE_INPUTS: text,
      LIVEKIT_TELEMETRY_ALLOW_PII: text,
    }).resolved.privacy;
    expect(flags.hideInputs).toBe(value);
    expect(flags.allowPii).toBe(value);
  });

  it.each([
    ['NO_CONTENT', false],
    ['EVENT_ONLY', false],
    ['SPAN_ONLY', true],
    ['SPAN_AND_EVENT', true],
    ['true', true],
    ['false', false],
  ])('the capture mode %s is %s', (text, value) => {
    const env = { OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT: text };
    const outcome = resolveGiven(ENDPOINT, env);
    expect(outcome.resolved.privacy.flags.captureMessageContent).toBe(value);
    expect(outcome.warnings).toEqual([]);
  });

  it('code comes before the environment in both directions', () => {
    const env = { OPENINFERENCE_HIDE_INPUTS: 'true', LIVEKIT_TELEMETRY_ALLOW_PII: 'false' };
    const privacy = { hideInputs: false, allowPii: true };
    expect(resolveGiven({ ...ENDPOINT, privacy }, env).resolved.privacy.flags).toMatchObject(
      privacy,
    );
  });

  it.each(['hideInput', 'HideInputs', 'hideinputs', 'base64ImageMaxLenght', 'allowPII'])(
    'refuses %s, which looks like a switch and is none',
    (name) => {
      expect(refusalOf({ privacy: { [name]: true } }).option).toBe(`privacy.${name}`);
    },
  );

  it('hands redaction on as it is', () => {
    expect(resolveGiven({ ...ENDPOINT, privacy: { redact } }).resolved.privacy.redaction).toEqual({
      redact,
    });
  });
});

describe('options', () => {
  it.each([['text'], [5], [true], [['a']]])('as %j are refused', (options) => {
    expect(refusalOf(options).option).toBe('options');
  });

  it.each([[undefined], [null], [{}]])('as %j are no options', (options) => {
    expect(resolveGiven(options, { SERVICE_NAME: 'x' }).resolved.serviceName).toBe('x');
  });

  it('of null are not given', () => {
    const outcome = resolveGiven({ ...ENDPOINT, serviceName: null, privacy: null, tags: null });
    expect(outcome.resolved.serviceName).toBe('livekit-agent');
    expect(outcome.warnings).toEqual([]);
  });

  it('nobody knows warn by name', () => {
    const { warnings } = resolveGiven({
      ...ENDPOINT,
      serviceNmae: 'x',
      modules: { liveKitAgents: {} },
      delivery: { maxQueue: 1 },
    });
    expect(warnings.map(({ text }) => text)).toEqual([
      expect.stringContaining('"serviceNmae" is not known'),
      expect.stringContaining('"delivery.maxQueue" is not known'),
      expect.stringMatching(/"modules" has names that are not known: liveKitAgents/),
    ]);
  });

  it('stay as they were, and the result cannot be changed', () => {
    const options = {
      ...ENDPOINT,
      headers: { A: '1' },
      tags: ['a'],
      metadata: { a: 1 },
      resourceAttributes: { b: 2 },
      privacy: { hideInputs: true },
      delivery: { maxQueueBytes: 5 },
    };
    const before = structuredClone(options);
    const env = Object.freeze({ OTEL_EXPORTER_OTLP_HEADERS: 'b=2' });
    const { resolved } = resolveGiven(options, env);
    expect(options).toEqual(before);

    options.tags.push('later');
    options.metadata.a = 2;
    options.headers.A = '2';
    expect(resolved.tags).toEqual(['a']);
    expect(resolved.metadata).toEqual({ a: 1 });
    expect(resolved.headers['a']).toBe('1');

    const { tags, metadata, headers, resourceAttributes, delivery, privacy, sources } = resolved;
    for (const part of [
      resolved,
      tags,
      metadata,
      headers,
      resourceAttributes,
      delivery,
      privacy,
      privacy.flags,
      privacy.redaction,
      sources,
    ]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('are read from the environment of the process when none is given', async () => {
    const { resolveOptions } = await import('../../src/options/resolve-options.js');
    process.env['CATALYST_SERVICE_NAME'] = 'of the process';
    try {
      expect(resolveOptions(ENDPOINT).serviceName).toBe('of the process');
    } finally {
      delete process.env['CATALYST_SERVICE_NAME'];
    }
  });
});

describe('variables of others', () => {
  it.each(['none', 'console', 'prometheus'])(
    'OTEL_METRICS_EXPORTER=%s sends no metrics',
    (text) => {
      const outcome = resolveGiven(ENDPOINT, { OTEL_METRICS_EXPORTER: text });
      expect(outcome.resolved.metrics).toBeUndefined();
      expect(outcome.warnings).toEqual([]);
    },
  );

  it('a bad CATALYST_METRICS warns once and asks OTEL_METRICS_EXPORTER', () => {
    const env = { CATALYST_METRICS: 'some', OTEL_METRICS_EXPORTER: 'otlp' };
    const outcome = resolveGiven(ENDPOINT, env);
    expect(outcome.resolved.metrics).toEqual({ sessionDurationMillis: true });
    expect(warningsOf(outcome, 'CATALYST_METRICS')).toHaveLength(1);
  });

  it.each([
    ['debug', true],
    ['DEBUG', true],
    ['all', true],
    ['info', false],
    ['none', false],
  ])('OTEL_LOG_LEVEL=%s makes debug %s', (text, debug) => {
    expect(resolveGiven(ENDPOINT, { OTEL_LOG_LEVEL: text }).resolved.debug).toBe(debug);
  });
});
