import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningChild, startProcess } from '../support/child-process.js';
import { FILES, SHELL_LINES } from '../support/doc-pages.js';
import { type Receiver, startReceiver } from '../support/otlp-receiver.js';
import { type Consumer, createConsumer, REPOSITORY } from './consumer.js';

const WORKER = 'cli.runApp';
/** The one block that needs a package which the repository does not install. */
const NOT_INSTALLED = '@anthropic-ai/sdk';

let consumer: Consumer;
let receiver: Receiver;
beforeAll(async () => {
  consumer = await createConsumer();
  receiver = await startReceiver();
  for (const name of ['tsx', 'zod', '@opentelemetry/exporter-trace-otlp-proto']) {
    const link = join(consumer.directory, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(REPOSITORY, 'node_modules', name), link);
  }
  mkdirSync(join(consumer.directory, 'src'));
  consumer.write('package.json', '{ "type": "module" }');
  consumer.write('hello.mjs', fileOf('README.md', 'EchoModel'));
  consumer.write('agent.mjs', fileOf('README.md', WORKER));
  consumer.write('src/agent.js', fileOf('README.md', WORKER));
  consumer.write(
    'agent.ts',
    readFileSync(join(REPOSITORY, 'examples/production-agent/agent.ts'), 'utf8'),
  );
  consumer.write(
    '.env.local',
    `LIVEKIT_URL=ws://127.0.0.1:9
LIVEKIT_API_KEY=key
LIVEKIT_API_SECRET=secret
CATALYST_OTLP_ENDPOINT=${receiver.endpoint}
`,
  );
});
afterAll(async () => {
  consumer.remove();
  await receiver.close();
});

function fileOf(page: string, mark: string): string {
  const found = FILES.find((block) => block.page === page && block.text.includes(mark));
  if (found === undefined) throw new Error(`${page} has no block with ${mark}`);
  return found.text;
}

/** Starts a line of a page in the application. `npx` is left out: it would look for updates. */
function start(line: string, env: Readonly<Record<string, string>> = {}): RunningChild {
  const cli = join(consumer.packageDirectory, 'dist', 'cli.js');
  const parts = line.replace('npx catalyst-tracing', `node ${cli}`).split(' ');
  return startProcess(process.execPath, parts.slice(1), {
    directory: consumer.directory,
    env: { PATH: process.env['PATH'], ...env },
    timeoutMillis: 50_000,
    leadsGroup: true,
  });
}

const LINES: readonly string[] = [...new Set(SHELL_LINES.map(({ line }) => line))];
const DOCTOR: readonly string[] = LINES.filter((line) => line.includes('catalyst-tracing doctor'));
const WORKER_LINE = /^node .*\bagent\.\w+ \w+$/;
const WORKERS: readonly string[] = LINES.filter((line) => WORKER_LINE.test(line));
/** Lines with a test below, and those that cannot run here, with the test that runs them, if any. */
const ACCOUNTED: readonly RegExp[] = [
  /^npx catalyst-tracing (?:dev|doctor)\b/,
  /^node hello\.mjs$/,
  WORKER_LINE,
  // The registry: `test/compat` installs the package. `test/demo` runs the demo.
  /^npm (?:init|install|pkg|ci)\b/,
  /^cp env\.example /,
  // Programs that npm does not have. `test/interop` runs the Collector, `test/backends` reads the
  // variables.
  /^(?:lk|docker|otelcol-contrib) /,
  /^(?:export )?[A-Z_]+=/,
];

it('every shell line of the pages is run by a test, or is known not to run here', () => {
  const unknown = SHELL_LINES.filter(({ line }) => !ACCOUNTED.some((each) => each.test(line)));
  expect(unknown).toEqual([]);
  expect(DOCTOR.length).toBeGreaterThan(2);
  expect(WORKERS.length).toBeGreaterThan(2);
});

it('the first trace of the README: dev shows the session of hello.mjs', async () => {
  const dev = start('npx catalyst-tracing dev --port 0');
  let shown = '';
  dev.process.stdout.on('data', (text: string) => (shown += text));
  await dev.wrote('Ctrl+C');
  const [endpoint = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(shown) ?? [];
  const text = fileOf('README.md', 'EchoModel');
  expect(text).toContain('http://127.0.0.1:4318');
  consumer.write('hello.mjs', text.replace('http://127.0.0.1:4318', endpoint));
  const { code, stdout, stderr } = await start('node hello.mjs').ended;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^\{ exported: \d+, dropped: 0, pending: 0 \}\n$/);
  await dev.wrote('tokens: 12 prompt + 5 completion = 17');
  expect(shown).toMatch(/traces: 1 .* model calls: 1 .* errors: 0/);
  dev.process.kill('SIGTERM');
  expect((await dev.ended).code).toBe(0);
});

it.each(DOCTOR)('%s examines the application, and finds that tracing works', async (line) => {
  const env = /--dotenv/.test(line) ? {} : { CATALYST_OTLP_ENDPOINT: receiver.endpoint };
  const { code, stdout } = await start(line, env).ended;
  expect(stdout).toMatch(/^Tracing works with /m);
  expect(stdout).toMatch(/The tracer of @livekit\/agents .* leads to this package/);
  expect(code).toBe(0);
});

it.each(WORKERS)('%s starts a worker that connects to LiveKit', async (line) => {
  const worker = start(line);
  await worker.wrote('starting worker');
  await worker.wrote('failed to connect to LiveKit server');
  // SIGTERM waits a minute for idle processes. Without its worker, LiveKit's inference process lives
  // for 15 s more and keeps the pipes open.
  process.kill(-Number(worker.process.pid), 'SIGKILL');
  expect((await worker.ended).stderr).not.toContain('[catalyst-tracing]');
});

/** What a block prints, and the spans that arrive; by its page and a text in it. */
const PRINTED: readonly (readonly [page: string, mark: string, RegExp, readonly string[]])[] = [
  ['README.md', 'load_rows', /^$/, []],
  ['README.md', 'import OpenAI', /name: 'openai',\s+status: 'installed'/, []],
  ['README.md', 'debug: true', /\{ exported: 0, dropped: 0, pending: 0 \}/, []],
  ['llms.txt', 'nightly-report', /^$/, ['reporter.run', 'count']],
  ['docs/api.md', 'import { setup, agentSpan', /^$/, []],
  ['docs/api.md', 'NodeTracerProvider', /^$/, []],
  ['docs/backends.md', 'OTLPTraceExporter', /^$/, []],
  ['docs/metrics.md', 'addTraceContextToLogs', /looked up the order/, []],
];

/** What is for the entry function of a job: LiveKit has made its logger before that. */
const LOGGER = `import { initializeLogger } from '@livekit/agents';
initializeLogger({ pretty: false });
`;

it('every whole file on a page is run by a test', () => {
  const rest = FILES.filter(
    ({ page, text }) =>
      !text.includes(WORKER) &&
      !text.includes(NOT_INSTALLED) &&
      !text.includes('EchoModel') &&
      !PRINTED.some(([at, mark]) => at === page && text.includes(mark)),
  );
  expect(rest).toEqual([]);
});

it.each(PRINTED)('the block of %s with %s runs as pasted', async (page, mark, prints, spans) => {
  const before = receiver.spans().length;
  consumer.write('block.ts', (page === 'docs/metrics.md' ? LOGGER : '') + fileOf(page, mark));
  const { code, stdout, stderr } = await start('node --import tsx block.ts', {
    CATALYST_OTLP_ENDPOINT: receiver.endpoint,
  }).ended;
  expect({ code, stderr: mark === 'debug: true' ? '' : stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(prints);
  const arrived = receiver.spans().slice(before);
  expect(arrived.map(({ name }) => name)).toEqual(expect.arrayContaining([...spans]));
});
