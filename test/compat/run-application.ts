import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import type { InstallResult } from '../../src/index.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver } from '../support/otlp-receiver.js';
import type { CompatibilityCase } from './compatibility-cases.js';
import { install, nodeExecutable } from './installations.js';

const TIMEOUT_MILLIS = 60_000;

/** What the application printed last. */
interface Outcome {
  readonly played: number;
  readonly scripted: number;
  readonly errors: readonly string[];
  readonly installResults: readonly InstallResult[];
  readonly delivered: { readonly exported: number; readonly dropped: number };
}

export interface ApplicationRun {
  readonly outcome: Outcome;
  readonly spans: readonly DecodedSpan[];
  readonly stderr: string;
}

/** Installs what the case asks for, runs the application and gives what a collector received. */
export async function runApplication(
  given: CompatibilityCase,
  tarball: string,
): Promise<ApplicationRun> {
  const directory = await install(given, tarball);
  const node = await nodeExecutable(given.node);
  const receiver = await startReceiver();
  try {
    const child = spawn(node, argumentsOf(given), {
      cwd: directory,
      env: { ...environment(), CATALYST_OTLP_ENDPOINT: receiver.endpoint },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: TIMEOUT_MILLIS,
      killSignal: 'SIGKILL',
    });
    const [stdout, stderr, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'close'),
    ]);
    const last = stdout.trim().split('\n').at(-1) ?? '';
    if (code !== 0 || !last.startsWith('{')) {
      throw new Error(`the application ended with ${String(code)}:\n${stdout}\n${stderr}`);
    }
    return { outcome: JSON.parse(last) as Outcome, spans: receiver.spans(), stderr };
  } finally {
    await receiver.close();
  }
}

function argumentsOf({ application }: CompatibilityCase): readonly string[] {
  const extension = application.startsWith('ESM') ? 'mjs' : 'cjs';
  return application.endsWith('preload')
    ? ['--import', 'catalyst-tracing/register', `preloaded.${extension}`]
    : [`application.${extension}`];
}

/** Nothing of the machine's own tracing set-up. */
function environment(): NodeJS.ProcessEnv {
  const ours = /^(?:CATALYST|INFERENCE|OTEL|OTLP|OPENINFERENCE|LIVEKIT|NODE_OPTIONS|VITEST)/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.test(name)));
}
