import { describe, expect, it } from 'vitest';
import { displayUrl } from '../../src/options/endpoint.js';
import { resolveGiven, warningsOf } from './given.js';

const LANGFUSE = {
  LANGFUSE_BASE_URL: 'https://cloud.langfuse.example',
  LANGFUSE_PUBLIC_KEY: 'pk-1',
  LANGFUSE_SECRET_KEY: 'sk-1',
};
const BASIC = `Basic ${Buffer.from('pk-1:sk-1').toString('base64')}`;

describe('the variables of Langfuse', () => {
  it.each([
    ['https://cloud.langfuse.example', 'https://cloud.langfuse.example/api/public/otel/v1/traces'],
    ['https://host.example/base/', 'https://host.example/base/api/public/otel/v1/traces'],
    ['https://host.example/api/public/otel', 'https://host.example/api/public/otel/v1/traces'],
  ])('%s is enough with both keys', (base, url) => {
    const { resolved, warnings } = resolveGiven({}, { ...LANGFUSE, LANGFUSE_BASE_URL: base });
    expect(warnings).toEqual([]);
    expect(resolved.endpoint).toBe(url);
    expect({ ...resolved.headers }).toEqual({
      authorization: BASIC,
      'x-langfuse-ingestion-version': '4',
    });
    expect(resolved.sources['endpoint']).toEqual(['LANGFUSE_BASE_URL']);
    expect(resolved.sources['authorization']).toEqual(['LANGFUSE_BASE_URL']);
  });

  it('say nothing when a key is missing, or something else names an endpoint', () => {
    for (const key of ['LANGFUSE_PUBLIC_KEY', 'LANGFUSE_SECRET_KEY']) {
      expect(resolveGiven({}, { ...LANGFUSE, [key]: ' ' }).resolved.endpoint).toBeUndefined();
    }
    for (const env of [
      { CATALYST_OTLP_ENDPOINT: 'https://own.example' },
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://own.example' },
    ]) {
      const { resolved } = resolveGiven({}, { ...LANGFUSE, ...env });
      expect(resolved.endpoint).toBe('https://own.example/v1/traces');
      // Their keys go to Langfuse alone.
      expect({ ...resolved.headers }).toEqual({});
    }
  });

  it('are weaker than configured headers and an option, stronger than another key', () => {
    const { resolved } = resolveGiven(
      { headers: { 'x-langfuse-ingestion-version': '5' } },
      { ...LANGFUSE, INFERENCE_API_KEY: 'of a model provider' },
    );
    expect({ ...resolved.headers }).toEqual({
      authorization: BASIC,
      'x-langfuse-ingestion-version': '5',
    });
    const own = resolveGiven({ token: 'own' }, LANGFUSE).resolved;
    expect(own.headers['authorization']).toBe('Bearer own');
  });

  it('show no key in a message', () => {
    const outcome = resolveGiven(
      {},
      { ...LANGFUSE, LANGFUSE_BASE_URL: 'cloud.langfuse.example:443' },
    );
    expect(warningsOf(outcome, 'LANGFUSE_BASE_URL')).toHaveLength(1);
    expect(JSON.stringify(outcome.warnings)).not.toMatch(/pk-1|sk-1/);
    expect(displayUrl(resolveGiven({}, LANGFUSE).resolved.endpoint ?? '')).not.toMatch(/pk-1|sk-1/);
  });
});

describe('the variables of Phoenix', () => {
  it('are an endpoint, and a token when there is a key', () => {
    const env = { PHOENIX_COLLECTOR_ENDPOINT: 'https://phoenix.example/s/space' };
    expect(resolveGiven({}, env).resolved).toMatchObject({
      endpoint: 'https://phoenix.example/s/space/v1/traces',
    });
    const { resolved } = resolveGiven({}, { ...env, PHOENIX_API_KEY: ' key-1 ' });
    expect({ ...resolved.headers }).toEqual({ authorization: 'Bearer key-1' });
    expect(resolved.sources['authorization']).toEqual(['PHOENIX_COLLECTOR_ENDPOINT']);
  });

  it('go without a key that HTTP cannot carry, and warn', () => {
    const outcome = resolveGiven(
      {},
      { PHOENIX_COLLECTOR_ENDPOINT: 'http://localhost:6006', PHOENIX_API_KEY: 'two\nlines' },
    );
    expect({ ...outcome.resolved.headers }).toEqual({});
    expect(warningsOf(outcome, 'PHOENIX_COLLECTOR_ENDPOINT')).toHaveLength(1);
    expect(JSON.stringify(outcome.warnings)).not.toContain('two');
  });
});
