import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { InvalidOptionError } from '../../src/errors.js';
import { resolveGiven } from './given.js';

const CANARY = `canary${randomBytes(8).toString('hex')}`;

const TOKEN_VARIABLES = ['CATALYST_OTLP_TOKEN', 'INFERENCE_API_KEY', 'OTLP_INGEST_TOKEN'];
const HEADER_VARIABLES = ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'];
const ENDPOINT_VARIABLES = [
  'CATALYST_OTLP_ENDPOINT',
  'INFERENCE_OTLP_ENDPOINT',
  'OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
];

const BAD_TOKENS = [
  `${CANARY}\r\nX-Injected: 1`,
  `${CANARY}\u0000`,
  `Basic ${CANARY}`,
  `${CANARY}€`,
  `Bearer ${CANARY} ${CANARY}`,
];
const BAD_HEADER_LISTS = [
  CANARY,
  `a=1,${CANARY}`,
  `x-key=${CANARY}%0d%0aInjected: 1`,
  `x-key=${CANARY}€`,
  `x-key=${CANARY}%zz`,
  `${CANARY} b=x`,
  `a b=${CANARY}`,
  `content-type=${CANARY}`,
];
const BAD_ENDPOINTS = [
  CANARY,
  `${CANARY}.${CANARY}.${CANARY}`,
  `${CANARY}:`,
  `user:${CANARY}@host`,
  `https://user:${CANARY}@ho st`,
  `https://user:${CANARY}%zz@host`,
  `https://user:a?${CANARY}@ho st`,
  `https://ho st/?key=${CANARY}`,
  `https://ho st/#${CANARY}`,
  `ftp://user:${CANARY}@host`,
  `ftp://host/?key=${CANARY}`,
  `ftp://${CANARY}@host`,
];

const optionCases: readonly (readonly [string, unknown])[] = [
  ...BAD_TOKENS.map((token) => ['token', { token }] as const),
  ['token of the wrong type', { token: { value: CANARY } }],
  ['token in an array', { token: [CANARY] }],
  ...['\r\n', '\u0000', '€'].map(
    (bad) => ['header value', { headers: { 'x-key': CANARY + bad + CANARY } }] as const,
  ),
  ['header of the wrong type', { headers: { 'x-key': [CANARY] } }],
  ['header name', { headers: { [`a ${CANARY}`]: '1' } }],
  ['headers as text', { headers: `x-key=${CANARY}` }],
  ...BAD_ENDPOINTS.map((endpoint) => ['endpoint', { endpoint }] as const),
  ['endpoint of the wrong type', { endpoint: { url: CANARY } }],
  ['options as text', CANARY],
  ['ca of the wrong type', { delivery: { ca: [CANARY] } }],
];

const envCases: readonly (readonly [string, string])[] = [
  ...TOKEN_VARIABLES.flatMap((name) => BAD_TOKENS.map((text) => [name, text] as const)),
  ...HEADER_VARIABLES.flatMap((name) => BAD_HEADER_LISTS.map((text) => [name, text] as const)),
  ...ENDPOINT_VARIABLES.flatMap((name) => BAD_ENDPOINTS.map((text) => [name, text] as const)),
  ['OTEL_RESOURCE_ATTRIBUTES', CANARY],
];

describe('a secret stands in no message', () => {
  it.each(optionCases)('of an option: %s (%#)', (_, options) => {
    let said = '';
    try {
      resolveGiven(options);
    } catch (error) {
      expect(error).toBeInstanceOf(InvalidOptionError);
      said = inspect(error, { depth: 9, showHidden: true }) + String(error);
    }
    expect(said).toContain('The option "');
    expect(said).not.toContain(CANARY);
  });

  it.each(envCases)('of the variable %s (%#)', (name, text) => {
    const { warnings, resolved } = resolveGiven({}, { [name]: text });
    const about = warnings.filter(({ text: said }) => said.startsWith(name));
    expect(about.length).toBeGreaterThan(0);
    const { endpoint: _endpoint, ...rest } = resolved;
    expect(JSON.stringify([warnings, rest.sources, rest])).not.toContain(CANARY);
  });

  it('of an option that is warned about because tracing is disabled', () => {
    for (const [, options] of optionCases) {
      const { warnings } = resolveGiven(options, { CATALYST_DISABLED: '1' });
      expect(warnings.length).toBeGreaterThan(0);
      expect(JSON.stringify(warnings)).not.toContain(CANARY);
    }
  });

  it('on the stderr of a process that is set up badly', () => {
    const script = `
      import { resolveOptions } from ${JSON.stringify(new URL('../../src/options/resolve-options.ts', import.meta.url).href)};
      resolveOptions();
      resolveOptions({ endpoint: 'https://user:${CANARY}@ho st' });
    `;
    const { stderr, stdout, status } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', script],
      {
        encoding: 'utf8',
        timeout: 20_000,
        env: {
          PATH: process.env['PATH'],
          CATALYST_OTLP_TOKEN: `${CANARY}\nx`,
          CATALYST_OTLP_ENDPOINT: `ftp://user:${CANARY}@host`,
          OTEL_EXPORTER_OTLP_HEADERS: `x-key=${CANARY}%00`,
        },
      },
    );
    expect(status).toBe(1);
    // Node prints the failing line of the script itself; what the library says follows it.
    const said = stderr
      .split('\n')
      .filter((line) => !line.includes('resolveOptions({'))
      .join('\n');
    for (const name of [
      'CATALYST_OTLP_TOKEN',
      'CATALYST_OTLP_ENDPOINT',
      'OTEL_EXPORTER_OTLP_HEADERS',
    ]) {
      expect(said.split(`[catalyst-tracing] ${name} `)).toHaveLength(2);
    }
    expect(said).toContain('InvalidOptionError: The option "endpoint"');
    expect(said + stdout).not.toContain(CANARY);
  });
});
