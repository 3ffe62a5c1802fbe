import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { displayUrl } from '../../src/options/endpoint.js';
import {
  createOpenInferenceSpanProcessor,
  type OpenInferenceProcessorOptions,
} from '../../src/livekit-agents.js';
import { refusalOf, resolveGiven, warningsOf } from './given.js';

const BASE_VARIABLES = [
  'CATALYST_OTLP_ENDPOINT',
  'INFERENCE_OTLP_ENDPOINT',
  'OTLP_ENDPOINT',
  'OTEL_EXPORTER_OTLP_ENDPOINT',
];

/** A base as somebody writes it, and the URL that spans are posted to. */
const BASES: readonly (readonly [written: string, url: string])[] = [
  ['https://telemetry.example.com', 'https://telemetry.example.com/v1/traces'],
  ['https://telemetry.example.com/', 'https://telemetry.example.com/v1/traces'],
  ['https://telemetry.example.com//', 'https://telemetry.example.com/v1/traces'],
  ['https://telemetry.example.com/v1/traces', 'https://telemetry.example.com/v1/traces'],
  ['https://telemetry.example.com/v1/traces/', 'https://telemetry.example.com/v1/traces'],
  ['  https://telemetry.example.com \n', 'https://telemetry.example.com/v1/traces'],
  ['HTTPS://Telemetry.Example.com', 'https://telemetry.example.com/v1/traces'],
  ['http://127.0.0.1:4318', 'http://127.0.0.1:4318/v1/traces'],
  ['http://[::1]:4318', 'http://[::1]:4318/v1/traces'],
  ['https://host.example/api/public/otel', 'https://host.example/api/public/otel/v1/traces'],
  ['https://host.example/api/public/otel/', 'https://host.example/api/public/otel/v1/traces'],
  ['https://host.example/api/org/v1/traces', 'https://host.example/api/org/v1/traces'],
  ['https://host.example/v1/traces/tenant', 'https://host.example/v1/traces/tenant/v1/traces'],
  ['https://host.example/v1', 'https://host.example/v1/v1/traces'],
  ['https://host.example?y=1', 'https://host.example/v1/traces?y=1'],
  ['https://host.example/?y=1&z=%2F', 'https://host.example/v1/traces?y=1&z=%2F'],
  ['https://host.example/x/?y=1', 'https://host.example/x/v1/traces?y=1'],
  ['https://host.example/v1/traces?y=1', 'https://host.example/v1/traces?y=1'],
  ['https://host.example/x#part', 'https://host.example/x/v1/traces'],
  ['https://host.example/a%20b', 'https://host.example/a%20b/v1/traces'],
];

describe('a base URL', () => {
  it.each(BASES)('%j posts to %s, whoever gives it', (written, url) => {
    expect(resolveGiven({ endpoint: written }).resolved.endpoint).toBe(url);
    for (const variable of BASE_VARIABLES) {
      expect(resolveGiven({}, { [variable]: written }).resolved.endpoint, variable).toBe(url);
    }
  });

  it('may be a URL object, which stays as it was', () => {
    const endpoint = new URL('https://user:pass@host.example/x?y=1#z');
    const before = endpoint.href;
    expect(resolveGiven({ endpoint }).resolved.endpoint).toBe(
      'https://host.example/x/v1/traces?y=1',
    );
    expect(endpoint.href).toBe(before);
  });
});

describe('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', () => {
  it.each([
    ['https://host.example', 'https://host.example/'],
    ['https://host.example/own/path', 'https://host.example/own/path'],
    ['https://host.example/own/path/', 'https://host.example/own/path/'],
    ['https://host.example/own?y=1', 'https://host.example/own?y=1'],
    [' https://host.example/v1/traces ', 'https://host.example/v1/traces'],
  ])('%j is used as it is: %s', (written, url) => {
    const env = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: written };
    expect(resolveGiven({}, env).resolved.endpoint).toBe(url);
  });
});

describe('user info in the URL', () => {
  it.each([
    ['https://user:pass@host.example', 'user:pass'],
    ['https://user@host.example', 'user:'],
    ['https://pk-1:s%40crét%2F@host.example', 'pk-1:s@crét/'],
  ])('%s becomes Basic authorization and leaves the URL', (written, pair) => {
    for (const [options, env] of [
      [{ endpoint: written }, {}],
      [{}, { CATALYST_OTLP_ENDPOINT: written }],
      [{}, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${written}/v1/traces` }],
    ] as const) {
      const { resolved } = resolveGiven(options, env);
      expect(resolved.endpoint).toBe('https://host.example/v1/traces');
      expect(resolved.headers['authorization']).toBe(
        `Basic ${Buffer.from(pair).toString('base64')}`,
      );
    }
  });

  it('that cannot be decoded is refused', () => {
    expect(refusalOf({ endpoint: 'https://a%zz:b@host.example' }).message).toMatch(
      /percent-encoded/,
    );
  });
});

describe('a URL that cannot be used', () => {
  it.each([
    ['localhost:4318', 'saw "localhost:4318", which lacks http:// or https://'],
    ['ftp://host.example', 'saw "ftp://host.example"'],
    ['https://', 'saw "https://"'],
    ['host.example', 'saw a text without http:// or https://'],
    ['https://host:99999', 'saw "https://host:99999"'],
    ['http://ho st/path', 'saw a URL that cannot be parsed'],
    ['"https://host.example"', 'saw a URL in quotation marks: remove the quotation marks'],
    ["'http://user:secret@host'", 'saw a URL in quotation marks: remove the quotation marks'],
  ])('%j: the option is refused, saying what was seen and what is expected', (written, seen) => {
    const { message } = refusalOf({ endpoint: written });
    expect(message).toContain(seen);
    expect(message).toContain('must be an http or https URL such as https://');

    const outcome = resolveGiven(
      {},
      { CATALYST_OTLP_ENDPOINT: written, OTEL_EXPORTER_OTLP_ENDPOINT: 'https://next.example' },
    );
    expect(outcome.resolved.endpoint).toBe('https://next.example/v1/traces');
    expect(warningsOf(outcome, 'CATALYST_OTLP_ENDPOINT').join()).toContain(seen);
  });
});

describe('without an endpoint', () => {
  const said = (options: OpenInferenceProcessorOptions): readonly unknown[] => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    createOpenInferenceSpanProcessor(options);
    const texts = warn.mock.calls.flat();
    warn.mockRestore();
    return texts;
  };

  it('nothing is said where the user has exporters; else one warning names the variable', () => {
    expect(said({ exporters: [{ export() {}, shutdown: () => Promise.resolve() }] })).toEqual([]);
    expect(said({})).toEqual([
      expect.stringMatching(
        /not exported\. Set CATALYST_OTLP_ENDPOINT .* or the option "endpoint"/,
      ),
    ]);
  });

  it('nothing is said by a processor that sends through one of the application', () => {
    expect(resolveGiven({}).warnings).toEqual([]);
  });
});

it('is shown without query and user info', () => {
  expect(displayUrl('https://u:p@host.example:8443/x/v1/traces?key=secret')).toBe(
    'https://host.example:8443/x/v1/traces',
  );
  expect(displayUrl('secret')).toBe('(not a URL)');
});

it('and headers as resolved are what a server receives', async () => {
  const received: { url: string | undefined; headers: NodeJS.Dict<string | string[]> }[] = [];
  const server = createServer((request, response) => {
    received.push({ url: request.url, headers: request.headers });
    response.end();
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const { port } = server.address() as AddressInfo;
    const { resolved } = resolveGiven(
      { endpoint: `http://127.0.0.1:${port}/prefix/?y=1`, headers: { 'X-Tenant': 'blå' } },
      { CATALYST_OTLP_TOKEN: ' Bearer abc\n' },
    );
    const response = await fetch(resolved.endpoint!, {
      method: 'POST',
      headers: { ...resolved.headers },
    });
    await response.arrayBuffer();
    expect(received[0]?.url).toBe('/prefix/v1/traces?y=1');
    expect(received[0]?.headers).toMatchObject({
      authorization: 'Bearer abc',
      'x-tenant': 'blå',
    });
  } finally {
    server.close();
  }
});
