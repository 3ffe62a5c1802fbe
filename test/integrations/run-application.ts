import type { InstallResult } from '../../src/index.js';
import { startProcess, untracedEnvironment } from '../support/child-process.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { startProvider, type Bill } from './provider-server.js';

const TIMEOUT_MILLIS = 60_000;

/** What an application prints in its last line. */
export interface Report {
  readonly installResults: readonly InstallResult[];
  readonly errors?: readonly string[];
  readonly answer?: unknown;
  readonly millis?: number;
}

/** One run of a file in its own process. */
export interface FileRun {
  readonly spans: readonly DecodedSpan[];
  readonly bill: Bill;
  readonly requests: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ApplicationRun extends FileRun {
  readonly report: Report;
}

/** Runs a file; `firstCases` are those of the provider's first requests. */
export async function runFile(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
  firstCases?: readonly string[],
): Promise<FileRun> {
  const [provider, receiver] = await Promise.all([startProvider(firstCases), startReceiver()]);
  try {
    const { code, stdout, stderr } = await startProcess(process.execPath, args, {
      directory: cwd,
      env: {
        ...untracedEnvironment(),
        PROVIDER_URL: provider.url,
        PROVIDER_ORIGIN: provider.origin,
        OPENAI_BASE_URL: provider.url,
        CATALYST_OTLP_ENDPOINT: receiver.endpoint,
        ...env,
      },
      timeoutMillis: TIMEOUT_MILLIS,
    }).ended;
    if (code !== 0) throw new Error(`ended with ${String(code)}:\n${stdout}\n${stderr}`);
    const { length: requests } = provider.requests;
    return { spans: receiver.spans(), bill: provider.bill(), requests, stdout, stderr };
  } finally {
    await Promise.all([provider.close(), receiver.close()]);
  }
}

/** Runs a file that prints its report. */
export async function runApplication(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ApplicationRun> {
  const run = await runFile(cwd, args, env);
  const last = run.stdout.trim().split('\n').at(-1) ?? '';
  return { ...run, report: JSON.parse(last) as Report };
}

export function tokenSum(spans: readonly DecodedSpan[]): Bill {
  const sum = (key: string): number =>
    spans.reduce((total, { attributes }) => total + Number(attributes[key] ?? 0), 0);
  return {
    prompt: sum('llm.token_count.prompt'),
    completion: sum('llm.token_count.completion'),
  };
}

export function named(spans: readonly DecodedSpan[], name: string): readonly DecodedSpan[] {
  return spans.filter((span) => span.name === name);
}

export function rowOf({ installResults }: Report, name: string): InstallResult | undefined {
  return installResults.find((row) => row.name === name);
}
