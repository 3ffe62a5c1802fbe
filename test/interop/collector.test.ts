import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCRIPT } from '../../examples/demo/conversation.js';
import { agentSpan, manualSpan, setup } from '../../src/index.js';
import { decodeTraceRequest, type DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { traceSession } from '../support/traced-demo.js';
import { COLLECTOR } from './installed-servers.js';
import {
  eventually,
  findCommand,
  freePort,
  startServer,
  type ServerProcess,
} from './server-process.js';

// Of another distribution the test needs the OTLP receiver, the OTLP/HTTP and the file exporter.
const OTELCOL = findCommand(
  'an OpenTelemetry Collector (npm run interop:install)',
  [process.env['OTELCOL'], COLLECTOR.command, 'otelcol-contrib'],
  ['components'],
);
const BURST = 5000;

describe.skipIf(OTELCOL === undefined)('an OpenTelemetry Collector', () => {
  let backend: Receiver;
  let collector: ServerProcess;
  let endpoint = '';
  let metricsUrl = '';

  beforeAll(async () => {
    const port = await freePort();
    const metricsPort = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    backend = await startReceiver();
    metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
    collector = await startServer({
      command: OTELCOL ?? '',
      args: (directory) => {
        const file = join(directory, 'config.yaml');
        writeFileSync(
          file,
          configuration(port, metricsPort, backend.endpoint, join(directory, 'spans.json')),
        );
        return ['--config', file];
      },
      env: () => ({}),
      probeUrl: endpoint,
    });
  });
  afterAll(async () => {
    await collector.stop();
    await backend.close();
  });

  /** What the collector sent on, read strictly. */
  async function spansOf(serviceName: string, count: number): Promise<readonly DecodedSpan[]> {
    const own = (): DecodedSpan[] =>
      backend
        .spans()
        .filter(({ resourceAttributes }) => resourceAttributes['service.name'] === serviceName);
    return eventually(
      async () => own(),
      (spans) => spans.length >= count,
    );
  }

  /** What the collector wrote into its file: a request as JSON in each line. */
  function fileSpans(serviceName: string): readonly DecodedSpan[] {
    return readFileSync(join(collector.directory, 'spans.json'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .flatMap((line) => decodeTraceRequest(Buffer.from(line), 'application/json'))
      .filter(({ resourceAttributes }) => resourceAttributes['service.name'] === serviceName);
  }

  it('hands a session on as one whole tree, and writes the same into a file', async () => {
    await traceSession({ endpoint, serviceName: 'evening' });
    const spans = await spansOf('evening', 42);
    expect(spans).toHaveLength(42);
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(spans.map(({ attributes }) => attributes['session.id'])).size).toBe(1);
    const ids = new Set(spans.map(({ spanId }) => spanId));
    const roots = spans.filter(({ parentSpanId }) => !ids.has(parentSpanId));
    expect(roots.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([
      ['agent_session', ''],
    ]);
    const prompt = spans.reduce(
      (sum, { attributes }) => sum + Number(attributes['llm.token_count.prompt'] ?? 0),
      0,
    );
    expect(prompt).toBe(SCRIPT.reduce((sum, { usage }) => sum + usage.prompt, 0));
    await eventually(
      async () => fileSpans('evening').length,
      (count) => count >= 42,
    );
    const inOrder = (all: readonly DecodedSpan[]): readonly DecodedSpan[] =>
      all.toSorted((a, b) => (a.spanId < b.spanId ? -1 : 1));
    expect(inOrder(fileSpans('evening'))).toEqual(inOrder(spans));
  });

  it.each(['http/protobuf', 'http/json'] as const)(
    'takes a burst in %s and refuses nothing of it, by its own count',
    async (protocol) => {
      const name = `burst ${protocol}`;
      const before = await counters();
      const tracing = await setup({ endpoint, protocol, serviceName: name, autoInstrument: false });
      await agentSpan({ agentName: 'burst', sessionId: name }, async () => {
        for (let index = 1; index < BURST; index++) {
          await manualSpan({ spanName: `${index}`, input: 'words '.repeat(40) }, () => undefined);
        }
      });
      expect(await tracing.shutdown()).toEqual({ exported: BURST, dropped: 0, pending: 0 });
      expect(await spansOf(name, BURST)).toHaveLength(BURST);
      const after = await counters();
      expect(after.accepted - before.accepted).toBe(BURST);
      expect(after.refused - before.refused).toBe(0);
    },
  );

  /** The receiver's own counters. */
  async function counters(): Promise<{ accepted: number; refused: number }> {
    const text = await (await fetch(metricsUrl)).text();
    const sum = (name: string): number =>
      [...text.matchAll(new RegExp(`^${name}[^\\s]* (\\S+)$`, 'gm'))].reduce(
        (total, [, value]) => total + Number(value),
        0,
      );
    return {
      accepted: sum('otelcol_receiver_accepted_spans'),
      refused: sum('otelcol_receiver_refused_spans'),
    };
  }
});

function configuration(port: number, metricsPort: number, backend: string, file: string): string {
  return `
receivers:
  otlp:
    protocols:
      http: { endpoint: 127.0.0.1:${port} }
exporters:
  otlphttp: { endpoint: ${JSON.stringify(backend)} }
  file: { path: ${JSON.stringify(file)} }
service:
  telemetry:
    metrics:
      level: normal
      readers:
        - pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${metricsPort} } } }
  pipelines:
    traces: { receivers: [otlp], exporters: [otlphttp, file] }
`;
}
