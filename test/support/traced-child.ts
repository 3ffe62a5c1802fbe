// A process that is traced by `setup()` and ends: `node --import tsx traced-child.ts <how> [options as JSON]`.
import { ConsoleSpanExporter } from '@opentelemetry/sdk-trace-base';
import { agentSpan, setup, type SetupOptions } from '../../src/index.js';

const [how = '', options = '{}'] = process.argv.slice(2);
const isTraced = how !== 'untraced' && process.env['UNTRACED'] === undefined;
const parsed = JSON.parse(options) as SetupOptions;
const printsSpans = process.env['PRINTS_SPANS'] !== undefined;
const given = { ...parsed, ...(printsSpans && { exporters: [new ConsoleSpanExporter()] }) };
const tracing = isTraced ? await setup(given) : undefined;

/** Something that keeps the process alive, as a server would. */
function stayAlive(): void {
  setInterval(() => undefined, 1000);
}

const WAYS: Readonly<Record<string, () => unknown>> = {
  natural: () => undefined,
  exitCode: () => (process.exitCode = 4),
  exit: () => process.exit(5),
  throw: () => {
    setImmediate(() => {
      throw new Error('boom');
    });
  },
  reject: () => void Promise.reject(new Error('boom')),
  caught: () => {
    process.on('uncaughtException', () => process.exit(6));
    setImmediate(() => {
      throw new Error('boom');
    });
  },
  handled: () => {
    process.on('unhandledRejection', () => (process.exitCode = 3));
    void Promise.reject(new Error('boom'));
  },
  signal: stayAlive,
  ownHandler: () => {
    process.on('SIGTERM', () => process.exit(7));
    stayAlive();
  },
  ownShutdown: () => {
    process.on('SIGTERM', () => {
      void tracing?.shutdown().then(() => process.exit(8));
    });
    stayAlive();
  },
  openSpan: () => {
    void agentSpan({ agentName: 'waits for good' }, () => new Promise(() => stayAlive()));
  },
  // Nobody waits for this one.
  shutdownAndExit: () => {
    void tracing?.shutdown();
    process.exit(9);
  },
  twoPaths: async () => {
    const { createOpenInferenceSpanProcessor } = await import('../../src/livekit-agents.js');
    const { NodeTracerProvider } = await import('@opentelemetry/sdk-trace-node');
    const processor = createOpenInferenceSpanProcessor(given);
    const provider = new NodeTracerProvider({ spanProcessors: [processor] });
    provider.getTracer('second').startSpan('of the second path').end();
    stayAlive();
  },
};

await agentSpan({ agentName: 'greeter' }, (span) => span.setOutput('hello'));
tracing?.tracer.startSpan('step').end();
await WAYS[how]?.();
process.stdout.write('ready\n');
