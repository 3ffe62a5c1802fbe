import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where LiveKit runs a job: the file that its worker forks, in the same place in every version. */
const JOB_MAIN = join('node_modules', '@livekit', 'agents', 'dist', 'ipc', 'job_proc_lazy_main.js');
const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));
const TIMEOUT_MILLIS = 50_000;

/** What the agent prints when its entry function is about to return or throw. */
export const ENTRY_DONE = 'ENTRY DONE';
export const JOB_ID = 'AJ_job';
export const ROOM_SID = 'RM_room';
export const ROOM_NAME = 'the-room';

export interface JobOptions {
  /** The file that exports the agent. */
  readonly agent: string;
  /** Folder whose `node_modules` has LiveKit. Default: this repository. */
  readonly directory?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Node's own arguments, which LiveKit hands on to every job. */
  readonly execArgv?: readonly string[];
  /** Default: the one running. */
  readonly node?: string;
  /** Level of LiveKit's logger, whose lines are JSON in the output. Default `silent`. */
  readonly logLevel?: string;
  /** Whether the project enforces redaction. Default: no. */
  readonly enableRedaction?: boolean;
}

/** How the process of a job ended. */
export interface EndedJob {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** The cases of LiveKit's messages to its worker, in order. */
  readonly messages: readonly string[];
  readonly output: string;
}

/**
 * Runs one job as LiveKit's worker does: forks the job's process, initializes it, starts a job and
 * asks it to shut down once its entry function is done. No server and no room are involved.
 */
export async function runJob(options: JobOptions): Promise<EndedJob> {
  const directory = options.directory ?? REPOSITORY;
  const child = fork(join(directory, JOB_MAIN), [options.agent], {
    cwd: directory,
    env: { ...process.env, ...options.env },
    execArgv: [...(options.execArgv ?? [])],
    ...(options.node !== undefined && { execPath: options.node }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const kill = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MILLIS);
  const messages: string[] = [];
  let output = '';
  let isAskedToEnd = false;
  const read = (chunk: Buffer): void => {
    output += chunk.toString();
    if (isAskedToEnd || !output.includes(ENTRY_DONE)) return;
    isAskedToEnd = true;
    // LiveKit 1.0 listens for it only when the entry function has returned.
    setTimeout(() => {
      if (child.connected) child.send({ case: 'shutdownRequest', value: { reason: 'test' } });
    }, 50);
  };
  child.stdout?.on('data', read);
  child.stderr?.on('data', read);
  child.on('message', (message: { readonly case: string }) => {
    messages.push(message.case);
    if (message.case === 'initializeResponse') child.send(startJob(options.enableRedaction));
  });
  child.send(initialize(options.logLevel ?? 'silent'));
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  clearTimeout(kill);
  return { code, signal, messages, output };
}

function initialize(level: string): object {
  return {
    case: 'initializeRequest',
    value: {
      loggerOptions: { pretty: false, level },
      pingInterval: 2_500,
      pingTimeout: 60_000,
      highPingThreshold: 500,
      sessionEndTimeout: 10_000,
    },
  };
}

function startJob(enableRedaction: boolean = false): object {
  return {
    case: 'startJobRequest',
    value: {
      runningJob: {
        acceptArguments: { name: 'agent', identity: 'agent-1', metadata: '' },
        job: {
          id: JOB_ID,
          type: 0,
          agentName: 'the-agent',
          room: { sid: ROOM_SID, name: ROOM_NAME },
          enableRedaction,
        },
        url: 'ws://127.0.0.1:1',
        token: 'none',
        workerId: 'AW_worker',
      },
    },
  };
}
