import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { agentSpan, setup } from '../../src/index.js';
import { startReceiver } from '../support/otlp-receiver.js';

const PAGE = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'backends.md'), 'utf8');

interface Recipe {
  readonly title: string;
  readonly variables: ReadonlyMap<string, string>;
}

/** Every block of variables on the page, under the heading it stands below. */
function readRecipes(): readonly Recipe[] {
  const recipes: Recipe[] = [];
  let heading = '';
  for (const [, title, block] of PAGE.matchAll(/^## (.+)$|^```sh\n([\s\S]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    if (block === undefined) continue;
    const lines = block.trim().split('\n');
    const variables = new Map(
      lines.map((line): [string, string] => {
        const at = line.indexOf('=');
        return [line.slice(0, at), line.slice(at + 1)];
      }),
    );
    recipes.push({ title: `${heading} ${recipes.length}`, variables });
  }
  return recipes;
}

/** What somebody writes in the place of `<…>`: characters that a key may have, and base64's own. */
function fillIn(text: string): string {
  return text
    .replace(/<base64 of [^>]+>/g, Buffer.from('me:p+ss/w?rd').toString('base64'))
    .replace(/<([a-z-]+)>/g, 'my-$1');
}

const BASIC = `Basic ${Buffer.from('me:p+ss/w?rd').toString('base64')}`;
const userInfo = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

/** What each recipe must put on the wire. */
const EXPECTED: Readonly<
  Record<
    string,
    {
      readonly host: string;
      readonly path?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly resource?: Readonly<Record<string, string>>;
    }
  >
> = {
  'Catalyst 0': {
    host: 'telemetry.inference.net',
    headers: { authorization: 'Bearer my-token' },
  },
  'Arize Phoenix 1': {
    host: 'localhost:6006',
    headers: { authorization: 'Bearer my-phoenix-api-key' },
    resource: { 'openinference.project.name': 'my-project' },
  },
  'Arize AX 2': {
    host: 'otlp.arize.com',
    headers: { 'arize-space-id': 'my-space-id', 'arize-api-key': 'my-api-key' },
    resource: { 'openinference.project.name': 'my-project' },
  },
  'Langfuse 3': {
    host: 'cloud.langfuse.com',
    path: '/api/public/otel/v1/traces',
    headers: {
      authorization: userInfo('my-public-key:my-secret-key'),
      'x-langfuse-ingestion-version': '4',
    },
  },
  'Langfuse 4': {
    host: 'cloud.langfuse.com',
    path: '/api/public/otel/v1/traces',
    headers: { authorization: BASIC, 'x-langfuse-ingestion-version': '4' },
  },
  'OpenObserve 5': {
    host: 'api.openobserve.ai',
    path: '/api/my-organisation/v1/traces',
    headers: { authorization: BASIC, 'stream-name': 'my-stream' },
  },
  'Jaeger 6': { host: 'localhost:4318' },
  'Grafana Tempo 7': { host: 'localhost:4318' },
  'Grafana Tempo 8': { host: 'localhost:4318', headers: { 'x-scope-orgid': 'my-tenant' } },
  'Grafana Tempo 9': {
    host: 'otlp-gateway-prod-eu-west-2.grafana.net',
    path: '/otlp/v1/traces',
    headers: { authorization: userInfo('my-instance-id:my-token') },
  },
  'Honeycomb 10': {
    host: 'api.honeycomb.io',
    headers: { 'x-honeycomb-team': 'my-api-key' },
    resource: { 'service.name': 'my-dataset' },
  },
  'OpenTelemetry Collector 11': { host: 'localhost:4318' },
};

const touched = new Set<string>();
afterEach(() => {
  for (const name of touched) delete process.env[name];
  touched.clear();
});

describe('docs/backends.md', () => {
  it('has a recipe for every backend that is held here, and no other', () => {
    expect(readRecipes().map(({ title }) => title)).toEqual(Object.keys(EXPECTED));
  });

  it.each(readRecipes())(
    '$title sends what that backend asks for',
    async ({ title, variables }) => {
      const expected = EXPECTED[title];
      const receiver = await startReceiver();
      for (const [name, value] of variables) {
        const filled = fillIn(value);
        let text = filled;
        if (name.endsWith('_ENDPOINT')) {
          const url = new URL(filled);
          expect(url.host).toBe(expected?.host);
          // The same address at a collector of ours: what differs is host and scheme alone.
          const credentials = url.username === '' ? '' : `${url.username}:${url.password}@`;
          text = `http://${credentials}127.0.0.1:${receiver.port}${url.pathname}`;
        }
        touched.add(name);
        process.env[name] = text;
      }

      const tracing = await setup({ autoInstrument: false, userId: 'u-1', tags: ['vip'] });
      await agentSpan({ agentName: 'a', sessionId: 's-1', input: 'Hi' }, () => undefined);
      expect(await tracing.shutdown()).toEqual({ exported: 1, dropped: 0, pending: 0 });
      await receiver.close();

      const [request] = receiver.requests();
      expect(request?.path).toBe(expected?.path ?? '/v1/traces');
      expect(request?.headers['content-type']).toBe('application/x-protobuf');
      expect(request?.headers).toMatchObject(expected?.headers ?? {});
      if (expected?.headers?.['authorization'] === undefined) {
        expect(request?.headers['authorization']).toBeUndefined();
      }
      const [span] = receiver.spans();
      expect(span?.resourceAttributes).toMatchObject(expected?.resource ?? {});
      // What Phoenix, Langfuse and the others build their sessions, users and tags from.
      expect(span?.attributes).toMatchObject({
        'openinference.span.kind': 'AGENT',
        'session.id': 's-1',
        'user.id': 'u-1',
        'tag.tags': ['vip'],
      });
    },
  );

  it('several at once: both get the mapped span', async () => {
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
    const [first, second] = await Promise.all([startReceiver(), startReceiver()]);
    const tracing = await setup({
      endpoint: first.endpoint,
      exporters: [new OTLPTraceExporter({ url: second.url, compression: 'none' })],
      autoInstrument: false,
    });
    await agentSpan({ agentName: 'a', sessionId: 's-1', input: 'Hi' }, () => undefined);
    await tracing.shutdown();
    await Promise.all([first.close(), second.close()]);
    const [one] = first.spans();
    const [other] = second.spans();
    expect(one?.attributes).toMatchObject({ 'input.value': 'Hi', 'session.id': 's-1' });
    expect(other?.attributes).toEqual(one?.attributes);
    expect(other?.spanId).toBe(one?.spanId);
  });
});
