import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCRIPT, USER_TURNS } from '../../examples/demo/conversation.js';
import { traceSession } from '../support/traced-demo.js';
import { JAEGER } from './installed-servers.js';
import {
  eventually,
  findCommand,
  freePort,
  startServer,
  type ServerProcess,
} from './server-process.js';

const COMMAND = findCommand(
  'Jaeger (npm run interop:install)',
  [process.env['JAEGER'], JAEGER.command, 'jaeger'],
  ['version'],
);

interface JaegerTag {
  readonly key: string;
  readonly value: unknown;
}

interface JaegerSpan {
  readonly spanID: string;
  readonly operationName: string;
  readonly references: readonly { readonly refType: string; readonly spanID: string }[];
  readonly duration: number;
  readonly tags: readonly JaegerTag[];
  readonly warnings: readonly string[] | null;
}

interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, { readonly serviceName: string }>>;
}

describe.skipIf(COMMAND === undefined)('Jaeger', () => {
  let jaeger: ServerProcess;
  let endpoint = '';
  let api = '';

  beforeAll(async () => {
    const ports = { otlp: await freePort(), query: await freePort(), grpc: await freePort() };
    endpoint = `http://127.0.0.1:${ports.otlp}`;
    api = `http://127.0.0.1:${ports.query}/api`;
    jaeger = await startServer({
      command: COMMAND ?? '',
      args: (directory) => {
        const file = join(directory, 'config.yaml');
        writeFileSync(file, configuration(ports));
        return ['--config', file];
      },
      env: () => ({}),
      probeUrl: `${api}/services`,
    });
  });
  afterAll(() => jaeger.stop());

  async function tracesOf(service: string): Promise<readonly JaegerTrace[]> {
    const response = await fetch(`${api}/traces?service=${service}&limit=100`);
    const { data } = (await response.json()) as { data: readonly JaegerTrace[] | null };
    return data ?? [];
  }

  it('has a session as one whole trace, with its words, tokens and error', async () => {
    await traceSession({ endpoint, serviceName: 'evening' });
    const traces = await eventually(
      () => tracesOf('evening'),
      ([trace]) => (trace?.spans.length ?? 0) >= 42,
    );
    expect(traces).toHaveLength(1);
    const spans = traces[0]?.spans ?? [];
    expect(spans).toHaveLength(42);
    expect(Object.values(traces[0]?.processes ?? {}).map(({ serviceName }) => serviceName)).toEqual(
      ['evening'],
    );
    // Of a trace that is whole; LiveKit has spans without a length, and some that outlive their parent.
    const warnings = spans.flatMap((span) => span.warnings ?? []).join('\n');
    expect(warnings).not.toMatch(/duplicate span IDs|is not in the trace/);

    const ids = new Set(spans.map(({ spanID }) => spanID));
    const roots = spans.filter(({ references }) => references.length === 0);
    expect(roots.map(({ operationName }) => operationName)).toEqual(['agent_session']);
    const parents = spans.flatMap(({ references }) => references);
    expect(parents).toHaveLength(41);
    expect(parents.every(({ refType, spanID }) => refType === 'CHILD_OF' && ids.has(spanID))).toBe(
      true,
    );

    const root = tagsOf(roots[0]);
    expect(root['input.value']).toBe(USER_TURNS[0]);
    expect(root['output.value']).toBe(SCRIPT.at(-1)?.text);
    expect(new Set(spans.map((span) => tagsOf(span)['session.id'])).size).toBe(1);
    const prompt = spans.map((span) => Number(tagsOf(span)['llm.token_count.prompt'] ?? 0));
    expect(prompt.reduce((sum, count) => sum + count, 0)).toBe(
      SCRIPT.reduce((sum, { usage }) => sum + usage.prompt, 0),
    );

    const failed = spans.map(tagsOf).filter(({ error }) => error === true);
    expect(failed).toEqual([
      expect.objectContaining({
        'tool.name': 'bookTable',
        'otel.status_code': 'ERROR',
        'otel.status_description': 'no table for 2 is free at 20:00',
      }),
    ]);
  });

  it('finds a session by its id, a tool and an agent', async () => {
    const [trace] = await tracesOf('evening');
    const sessionId = tagsOf(trace?.spans[0])['session.id'];
    const search = async (tags: Readonly<Record<string, unknown>>): Promise<readonly string[]> => {
      const query = new URLSearchParams({ service: 'evening', tags: JSON.stringify(tags) });
      const response = await fetch(`${api}/traces?${query.toString()}`);
      const { data } = (await response.json()) as { data: readonly JaegerTrace[] | null };
      return (data ?? []).map(({ traceID }) => traceID);
    };
    expect(await search({ 'session.id': sessionId })).toEqual([trace?.traceID]);
    expect(await search({ 'tool.name': 'bookTable' })).toEqual([trace?.traceID]);
    expect(await search({ 'agent.name': 'billing_agent' })).toEqual([trace?.traceID]);
    expect(await search({ 'session.id': 'another' })).toEqual([]);
  });
});

function tagsOf(span: JaegerSpan | undefined): Readonly<Record<string, unknown>> {
  return Object.fromEntries((span?.tags ?? []).map(({ key, value }) => [key, value]));
}

function configuration(ports: { otlp: number; query: number; grpc: number }): string {
  return `
extensions:
  jaeger_storage: { backends: { memory: { memory: { max_traces: 1000 } } } }
  jaeger_query:
    storage: { traces: memory }
    http: { endpoint: 127.0.0.1:${ports.query} }
    grpc: { endpoint: 127.0.0.1:${ports.grpc} }
receivers:
  otlp: { protocols: { http: { endpoint: 127.0.0.1:${ports.otlp} } } }
exporters:
  jaeger_storage_exporter: { trace_storage: memory }
service:
  extensions: [jaeger_storage, jaeger_query]
  telemetry: { metrics: { level: none } }
  pipelines:
    traces: { receivers: [otlp], exporters: [jaeger_storage_exporter] }
`;
}
