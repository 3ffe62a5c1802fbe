// A process whose `redact` hook takes its time: `node --import tsx redacting-child.ts <way> <endpoint>`.
// Each span's input names it and says how long its hook is to take; at the end the child prints what
// the clock said of each.
import { setup } from '../../src/index.js';

const [way = '', endpoint = ''] = process.argv.slice(2);
const BUDGET_MILLIS = 50;
const LATE_MILLIS = 3 * BUDGET_MILLIS;

const WAYS: Readonly<Record<string, (until: number) => void>> = {
  // As a machine that has no CPU for this process: whoever started it lets it go on.
  stopped: (until) => {
    do process.kill(process.pid, 'SIGSTOP');
    while (performance.now() < until);
  },
  waiting: (until) => {
    const nothing = new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(nothing, 0, 0, until - performance.now());
  },
};

const took: number[] = [];
const tracing = await setup({
  endpoint,
  autoInstrument: false,
  privacy: {
    redactBudgetMillis: BUDGET_MILLIS,
    redact: (value) => {
      const startedAt = performance.now();
      if (value.startsWith('late')) WAYS[way]?.(startedAt + LATE_MILLIS);
      took.push(performance.now() - startedAt);
      return `${value}, redacted`;
    },
  },
});
for (const value of JSON.parse(process.argv[4] ?? '[]') as string[]) {
  tracing.tracer.startSpan(value, { attributes: { 'input.value': value } }).end();
}
await tracing.shutdown();
process.stdout.write(JSON.stringify(took));
