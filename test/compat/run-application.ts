import type { InstallResult } from '../../src/index.js';
import { startProcess, untracedEnvironment } from '../support/child-process.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver } from '../support/otlp-receiver.js';
import type { CompatibilityCase } from './compatibility-cases.js';
import { install, nodeExecutable } from './installations.js';

const TIMEOUT_MILLIS = 60_000;

/** What an application printed last. */
interface Outcome {
  readonly played: number;
  readonly scripted: number;
  readonly errors: readonly string[];
  readonly installResults: readonly InstallResult[];
  readonly delivered: { readonly exported: number; readonly dropped: number };
}

export interface ApplicationOptions {
  /** Where the application and its packages are. */
  readonly directory: string;
  /** Node's arguments, the application's file among them. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Default: the one running. */
  readonly node?: string;
}

/** How an application ended that ended well; otherwise starting it rejects with what it wrote. */
export interface ApplicationEnd {
  readonly outcome: Outcome;
  readonly stderr: string;
}

/** Runs an application that reports what became of its session, without the machine's own set-up. */
export async function startApplication({
  directory,
  args,
  env,
  node = process.execPath,
}: ApplicationOptions): Promise<ApplicationEnd> {
  const { code, stdout, stderr } = await startProcess(node, args, {
    directory,
    env: { ...untracedEnvironment(), ...env },
    timeoutMillis: TIMEOUT_MILLIS,
  }).ended;
  const last = stdout.trim().split('\n').at(-1) ?? '';
  if (code !== 0 || !last.startsWith('{')) {
    throw new Error(`the application ended with ${String(code)}:\n${stdout}\n${stderr}`);
  }
  return { outcome: JSON.parse(last) as Outcome, stderr };
}

/** Installs what the case asks for, runs its session and gives what a collector received. */
export async function runCase(
  given: CompatibilityCase,
): Promise<ApplicationEnd & { readonly spans: readonly DecodedSpan[] }> {
  const directory = await install(given);
  const node = await nodeExecutable(given.node);
  const receiver = await startReceiver();
  try {
    const end = await startApplication({
      directory,
      node,
      args: argumentsOf(given),
      env: { CATALYST_OTLP_ENDPOINT: receiver.endpoint },
    });
    return { ...end, spans: receiver.spans() };
  } finally {
    await receiver.close();
  }
}

function argumentsOf({ application }: CompatibilityCase): readonly string[] {
  const extension = application.startsWith('ESM') ? 'mjs' : 'cjs';
  return application.endsWith('--import')
    ? ['--import', 'catalyst-tracing/register', `preloaded.${extension}`]
    : [`application.${extension}`];
}
