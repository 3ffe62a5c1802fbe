// A traced process whose end is told in steps: `exit-child.ts <how> <options as JSON>`.
import { setup, type SetupOptions } from '../../src/index.js';

const [how = '', options = '{}'] = process.argv.slice(2);
const tracing = await setup(JSON.parse(options) as SetupOptions);

function add(...names: string[]): void {
  for (const name of names) tracing.tracer.startSpan(name).end();
}

function stayAlive(): void {
  setInterval(() => undefined, 1000);
}

// After ours: what the statistics come to in the end.
process.on('exit', () => {
  process.stdout.write(`stats ${JSON.stringify(tracing.stats())}\n`);
});

/** Until a request has failed. */
async function untilFailing(): Promise<void> {
  while (tracing.stats().retries === 0) await new Promise((resolve) => setTimeout(resolve, 20));
}

const WAYS: Readonly<Record<string, () => unknown>> = {
  natural: () => add('a', 'b', 'c'),
  exitAtOnce: () => {
    add('a', 'b', 'c');
    process.exit(0);
  },
  unawaitedFlush: () => {
    add('a', 'b', 'c');
    void tracing.forceFlush();
    process.exit(0);
  },
  signal: () => {
    add('a', 'b', 'c');
    stayAlive();
  },
  goesOn: () => {
    // Spans end all the time, also while the signal's flush is under way.
    let index = 0;
    setInterval(() => {
      add(`span-${index++}`);
      process.stdout.write(`ended ${index}\n`);
    }, 50);
  },
  failing: async () => {
    add('a', 'b', 'c');
    await untilFailing();
    stayAlive();
  },
  large: () => {
    for (let index = 0; index < 40; index++) {
      tracing.tracer.startSpan(`span-${index}`, { attributes: { text: 'x'.repeat(4000) } }).end();
    }
    process.exit(0);
  },
  many: () => {
    for (let index = 0; index < 8000; index++) add(`span-${index}`);
    process.exit(0);
  },
  odd: () => {
    add('a');
    oddSpans();
    add('b');
    process.exit(0);
  },
  oddFlushed: async () => {
    add('a');
    oddSpans();
    add('b');
    await tracing.forceFlush();
    await tracing.shutdown();
  },
  loaded: async () => {
    add('a');
    await tracing.forceFlush();
    const { createRequire } = await import('node:module');
    const files = Object.keys(createRequire(import.meta.url).cache);
    const found = files.filter((file) => file.includes('otlp-transformer')).length;
    process.stdout.write(`transformer ${found}\n`);
    await tracing.shutdown();
  },
  recovering: () => {
    process.stdin.resume();
    stayAlive();
    process.on('SIGUSR2', () => process.exit(0));
  },
};

/** What JavaScript lets an application do to a span. */
function oddSpans(): void {
  const span = tracing.tracer.startSpan('odd name');
  span.updateName(42 as unknown as string);
  span.end();
  const event = tracing.tracer.startSpan('odd event');
  event.addEvent(undefined as unknown as string);
  event.end();
  const status = tracing.tracer.startSpan('odd status');
  status.setStatus({ code: 2, message: new Error('no text') as unknown as string });
  status.end();
}

await WAYS[how]?.();
process.stdout.write('ready\n');
