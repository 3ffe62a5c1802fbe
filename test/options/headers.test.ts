import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { refusalOf, resolveGiven, warningsOf } from './given.js';

const VARIABLES = ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'] as const;

describe.each(VARIABLES)('%s', (variable) => {
  it.each<[string, Record<string, string>]>([
    ['a=1', { a: '1' }],
    ['a=1,b=2', { a: '1', b: '2' }],
    [' a = 1 , b = 2 ,', { a: '1', b: '2' }],
    ['X-Tenant=One', { 'x-tenant': 'One' }],
    ['Authorization=Basic%20dXNlcjpwYXNz%3D%3D', { authorization: 'Basic dXNlcjpwYXNz==' }],
    ['Authorization=Basic dXNlcjpwYXNz==', { authorization: 'Basic dXNlcjpwYXNz==' }],
    ['a=b%2Cc', { a: 'b,c' }],
    ['a=1;b=2', { a: '1;b=2' }],
    ['a=1+1', { a: '1+1' }],
    ['a=1,A=2', { a: '2' }],
    ['a=,b=2', { b: '2' }],
  ])('%j is %j', (text, headers) => {
    const outcome = resolveGiven({}, { [variable]: text });
    expect({ ...outcome.resolved.headers }).toEqual(headers);
    expect(warningsOf(outcome, variable)).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['a=1,b', { a: '1' }],
    ['=1,b=2', { b: '2' }],
    ['a=%zz,b=2', { b: '2' }],
    ['a b=1,c=2', { c: '2' }],
    ['a=x%0d%0aInjected: 1,b=2', { b: '2' }],
    ['a=%00,b=2', { b: '2' }],
    ['a=%E2%82%AC,b=2', { b: '2' }],
    ['content-length=5,b=2', { b: '2' }],
  ])('%j keeps what can be used and warns once: %j', (text, headers) => {
    const outcome = resolveGiven({}, { [variable]: text });
    expect({ ...outcome.resolved.headers }).toEqual(headers);
    expect(warningsOf(outcome, variable)).toHaveLength(1);
  });

  it('without a single header in it warns once and is passed over', () => {
    const outcome = resolveGiven({}, { [variable]: 'only-a-token' });
    expect({ ...outcome.resolved.headers }).toEqual({});
    expect(warningsOf(outcome, variable)).toHaveLength(1);
  });
});

describe('headers of several sources', () => {
  it('are merged without regard to case: code, then traces, then all signals', () => {
    const { resolved } = resolveGiven(
      { headers: { 'X-One': 'code', 'x-four': undefined, 'x-five': ' ' } },
      {
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: 'x-ONE=traces,X-Two=traces',
        OTEL_EXPORTER_OTLP_HEADERS: 'x-one=all,x-two=all,X-THREE=all,x-four=all',
      },
    );
    expect({ ...resolved.headers }).toEqual({
      'x-one': 'code',
      'x-two': 'traces',
      'x-three': 'all',
      'x-four': 'all',
    });
    expect(resolved.sources['headers']).toEqual(['option', ...VARIABLES]);
  });
});

describe('the option', () => {
  it.each([
    ['text'],
    [5],
    [['a=1']],
    [{ a: 5 }],
    [{ 'a b': '1' }],
    [{ '': '1' }],
    [{ 'a\r\nb': '1' }],
    [{ a: 'x\r\nInjected: 1' }],
    [{ a: 'nul\u0000' }],
    [{ a: '€' }],
  ])('refuses %j', (headers) => {
    expect(refusalOf({ headers }).option).toBe('headers');
  });

  it('leaves out what the exporter sets itself, and says so', () => {
    const { resolved, warnings } = resolveGiven({
      endpoint: 'https://h.example',
      headers: { 'Content-Type': 'text/plain', 'content-encoding': 'br', a: '1' },
    });
    expect({ ...resolved.headers }).toEqual({ a: '1' });
    expect(warnings.map(({ text }) => text).join()).toContain('content-type, content-encoding');
  });
});

describe('the token', () => {
  it.each([
    ['abc', 'Bearer abc'],
    ['Bearer abc', 'Bearer abc'],
    ['bearer abc', 'Bearer abc'],
    ['BEARER   abc', 'Bearer abc'],
    ['  abc\n', 'Bearer abc'],
    ['Bearerabc', 'Bearer Bearerabc'],
    ['a.b-c_d~e+f/g==', 'Bearer a.b-c_d~e+f/g=='],
  ])('%j is sent as %j', (token, authorization) => {
    expect(resolveGiven({ token }).resolved.headers['authorization']).toBe(authorization);
    const env = { CATALYST_OTLP_TOKEN: token };
    expect(resolveGiven({}, env).resolved.headers['authorization']).toBe(authorization);
  });
});

const OTEL_HEADERS = 'authorization=Basic otel';

describe('authorization', () => {
  it.each([
    {
      wins: 'Basic headers option',
      source: 'option',
      options: { headers: { Authorization: 'Basic headers option' }, token: 'code' },
      env: { CATALYST_OTLP_ENDPOINT: 'https://u:p@h.example', CATALYST_OTLP_TOKEN: 'env' },
    },
    {
      wins: 'Bearer code',
      source: 'option',
      options: { token: 'code', endpoint: 'https://u:p@h.example' },
      env: { CATALYST_OTLP_TOKEN: 'env', OTEL_EXPORTER_OTLP_HEADERS: OTEL_HEADERS },
    },
    {
      wins: `Basic ${Buffer.from('u:p').toString('base64')}`,
      source: 'option',
      options: { endpoint: 'https://u:p@h.example' },
      env: { CATALYST_OTLP_TOKEN: 'env', OTEL_EXPORTER_OTLP_HEADERS: OTEL_HEADERS },
    },
    {
      wins: 'Basic otel',
      source: 'OTEL_EXPORTER_OTLP_HEADERS',
      options: {},
      env: {
        OTEL_EXPORTER_OTLP_ENDPOINT: 'https://other.example',
        OTEL_EXPORTER_OTLP_HEADERS: OTEL_HEADERS,
        INFERENCE_API_KEY: 'key-of-a-model-provider',
      },
    },
    {
      wins: 'Bearer env',
      source: 'CATALYST_OTLP_TOKEN',
      options: {},
      env: {
        CATALYST_OTLP_ENDPOINT: 'https://h.example',
        OTEL_EXPORTER_OTLP_HEADERS: OTEL_HEADERS,
        CATALYST_OTLP_TOKEN: 'env',
      },
    },
    {
      wins: 'Bearer env',
      source: 'CATALYST_OTLP_TOKEN',
      options: {},
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://h.example', CATALYST_OTLP_TOKEN: 'env' },
    },
    {
      wins: 'Basic otel',
      source: 'OTEL_EXPORTER_OTLP_HEADERS',
      options: {},
      env: {
        CATALYST_OTLP_ENDPOINT: 'https://h.example',
        OTEL_EXPORTER_OTLP_HEADERS: OTEL_HEADERS,
      },
    },
  ])('is $wins from $source', ({ wins, source, options, env }) => {
    const { resolved } = resolveGiven(options, env);
    expect(resolved.headers['authorization']).toBe(wins);
    expect(resolved.sources['authorization']).toEqual([source]);
  });

  it('is absent when nobody gives one', () => {
    const { resolved } = resolveGiven({ endpoint: 'https://h.example' });
    expect({ ...resolved.headers }).toEqual({});
    expect(resolved.sources['authorization']).toEqual(['default']);
  });
});

it('shows no value of the headers when the resolved options are printed or serialised', () => {
  const { resolved } = resolveGiven({
    endpoint: 'https://h.example',
    token: 'canary-token',
    headers: { 'x-key': 'canary-header' },
  });
  expect({ ...resolved.headers }).toEqual({
    authorization: 'Bearer canary-token',
    'x-key': 'canary-header',
  });
  const printed = [inspect(resolved, { depth: 9 }), JSON.stringify(resolved)].join();
  expect(printed).not.toContain('canary');
  expect(printed).toContain('x-key');
});
