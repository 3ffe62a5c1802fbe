import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCRIPT } from '../../examples/demo/conversation.js';
import { decodeJsonRequest } from '../../src/cli/otlp/decode-json.js';
import type { DecodedSpan } from '../../src/cli/otlp/otlp-span.js';
import { agentSpan, manualSpan, setup } from '../../src/index.js';
import { traceSession } from '../support/traced-demo.js';
import {
  eventually,
  findCommand,
  freePort,
  startServer,
  type ServerProcess,
} from './server-process.js';

// Built with `builder` of go.opentelemetry.io/collector/cmd/builder, from otlpreceiver,
// fileexporter and, for the example's configuration, what that names.
const COLLECTOR = findCommand(
  'an OpenTelemetry Collector with the file exporter (otelcol-contrib)',
  [process.env['OTELCOL'], 'otelcol-contrib', 'otelcol'],
  ['--version'],
);
const BURST = 5000;

describe.skipIf(COLLECTOR === undefined)('an OpenTelemetry Collector', () => {
  let collector: ServerProcess;
  let endpoint = '';
  let metricsUrl = '';

  beforeAll(async () => {
    const port = await freePort();
    const metricsPort = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    metricsUrl = `http://127.0.0.1:${metricsPort}/metrics`;
    collector = await startServer({
      command: COLLECTOR ?? '',
      args: (directory) => {
        const file = join(directory, 'config.yaml');
        writeFileSync(file, configuration(port, metricsPort, join(directory, 'traces.json')));
        return ['--config', file];
      },
      env: () => ({}),
      probeUrl: endpoint,
    });
  });
  afterAll(() => collector.stop());

  function received(): DecodedSpan[] {
    const text = readFileSync(join(collector.directory, 'traces.json'), 'utf8');
    // The last line may be half written.
    const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
    return lines
      .filter((line) => line !== '')
      .flatMap((line) => decodeJsonRequest(Buffer.from(line)));
  }

  async function spansOf(serviceName: string, count: number): Promise<readonly DecodedSpan[]> {
    const own = (): DecodedSpan[] =>
      received().filter(
        ({ resourceAttributes }) => resourceAttributes['service.name'] === serviceName,
      );
    return eventually(
      async () => own(),
      (spans) => spans.length >= count,
    );
  }

  it('writes down a session as one whole tree', async () => {
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

function configuration(port: number, metricsPort: number, file: string): string {
  return `
receivers:
  otlp:
    protocols:
      http: { endpoint: 127.0.0.1:${port} }
exporters:
  file: { path: ${JSON.stringify(file)}, flush_interval: 200ms }
service:
  telemetry:
    metrics:
      level: normal
      readers:
        - pull: { exporter: { prometheus: { host: 127.0.0.1, port: ${metricsPort} } } }
  pipelines:
    traces: { receivers: [otlp], exporters: [file] }
`;
}
