import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { RunRequest, RunResult } from '../child/run-request.js';
import type { Received, Receiver } from '../receiver/receiver.js';
import type { Contestant } from './contestants.js';
import { COMPILED_DIRS } from './places.js';

/** What to measure, whoever is measured. */
export type Task = Omit<RunRequest, 'row' | 'gzip' | 'setupOptions' | 'endpoint'>;

export interface RunOutcome {
  readonly result: RunResult;
  readonly received: Received;
}

let runs = 0;

/** One fresh process for one contestant; resolves when it has exited and all it sent is counted. */
export async function runRow(
  receiver: Receiver,
  contestant: Contestant,
  task: Task,
  nodeFlags: readonly string[] = [],
): Promise<RunOutcome> {
  const run = `run-${String(++runs)}`;
  const request: RunRequest = {
    ...task,
    row: contestant.row,
    gzip: contestant.gzip,
    setupOptions: contestant.setupOptions,
    endpoint: receiver.endpointOf(run),
  };
  const file = join(COMPILED_DIRS[contestant.home], 'child', 'measured-process.js');
  const child = fork(file, [JSON.stringify(request)], { execArgv: [...nodeFlags] });
  const result = await new Promise<RunResult>((resolve, reject) => {
    let said: RunResult | undefined;
    child.once('message', (message) => {
      said = message as RunResult;
    });
    child.once('error', reject);
    child.once('exit', (code) => {
      if (said !== undefined && code === 0) resolve(said);
      else reject(new Error(`${contestant.name} ended with code ${String(code)}`));
    });
  });
  return { result, received: await receiver.take(run) };
}
