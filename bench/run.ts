import { execFileSync, fork } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'tsup';
import type { RunRequest, RunResult, Task } from './child/run-request.js';
import type { Contestant } from './contestants.js';
import { startReceiver, type Received, type Receiver } from './receiver/receiver.js';

/** One process's outcome. */
export interface RunOutcome {
  readonly result: RunResult;
  readonly received: Received;
}

export interface Runner {
  /** One fresh process; resolves when it has exited and all it sent is counted. */
  readonly run: (
    contestant: Contestant,
    task: Task,
    nodeFlags?: readonly string[],
  ) => Promise<RunOutcome>;
  readonly close: () => void;
}

const PEERS_DIR = join(import.meta.dirname, 'peers');
/**
 * Where the measured code is compiled to, twice: a module finds its packages by where it lies, and
 * peers run on the packages of bench/peers, the built package on the project's own.
 */
const COMPILED_DIRS: Readonly<Record<Contestant['home'], string>> = {
  peers: join(PEERS_DIR, 'dist'),
  project: join(import.meta.dirname, 'dist'),
};

export async function startRunner(homes: readonly Contestant['home'][]): Promise<Runner> {
  if (homes.includes('peers')) installPeers();
  for (const home of homes) await compileMeasuredCode(COMPILED_DIRS[home]);
  const [home = 'project'] = homes;
  const receiver = await startReceiver(compiled(home, 'receiver/receiver-process.js'));
  let runs = 0;
  return {
    run: (contestant, task, nodeFlags = []) =>
      runProcess(receiver, `run-${String(++runs)}`, contestant, task, nodeFlags),
    close: receiver.close,
  };
}

/** Installs bench/peers from its lock file, once per lock file: the only step that needs a registry. */
function installPeers(): void {
  const lock = readFileSync(join(PEERS_DIR, 'package-lock.json'));
  const digest = createHash('sha256').update(lock).digest('hex');
  const stamp = join(PEERS_DIR, 'node_modules', '.installed-lock');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === digest) return;
  console.log('Installing the peers into bench/peers/node_modules …');
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: PEERS_DIR,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  writeFileSync(stamp, digest);
}

/** File by file, to plain JavaScript: a TypeScript loader in a measured process would be measured too. */
async function compileMeasuredCode(outDir: string): Promise<void> {
  await build({
    config: false,
    entry: [
      'bench/{child,rows,workload,receiver}/*.ts',
      '!bench/**/*.d.ts',
      'test/support/scripted-llm.ts',
    ],
    outDir,
    format: 'esm',
    target: 'node20',
    bundle: false,
    clean: true,
    silent: true,
    outExtension: () => ({ js: '.js' }),
    esbuildOptions: (options) => {
      options.outbase = '.';
      options.absWorkingDir = join(import.meta.dirname, '..');
    },
  });
}

function compiled(home: Contestant['home'], file: string): string {
  return join(COMPILED_DIRS[home], 'bench', file);
}

async function runProcess(
  receiver: Receiver,
  run: string,
  { name, row, setupOptions, home }: Contestant,
  task: Task,
  nodeFlags: readonly string[],
): Promise<RunOutcome> {
  const request: RunRequest = { ...task, row, setupOptions, endpoint: receiver.endpointOf(run) };
  const child = fork(compiled(home, 'child/measured-process.js'), [JSON.stringify(request)], {
    execArgv: ['--expose-gc', ...nodeFlags],
  });
  const result = await new Promise<RunResult>((resolve, reject) => {
    let reported: RunResult | undefined;
    child.once('message', (message) => {
      reported = message as RunResult;
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (reported !== undefined && code === 0) resolve(reported);
      else reject(new Error(`${name} ended with code ${String(code)}`));
    });
  });
  return { result, received: await receiver.take(run) };
}
