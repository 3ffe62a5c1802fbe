import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { asPrintable } from '../../diagnostics.js';
import { type LiveSetup, liveSetup, SLOT } from '../../live-tracing.js';
import { resolveOptions } from '../../options/resolve-options.js';
import { VERSION } from '../../version.js';
import { checkCollector } from './check-collector.js';
import { checkLiveKit } from './check-livekit.js';
import { checkSettings, readIfThere, showSettings } from './check-settings.js';
import { checkVersions, packageSeenFrom } from './check-versions.js';
import { finding, type Finding } from './findings.js';
import type { DoctorReport } from './report.js';

interface DoctorOptions {
  /** The application's directory. */
  readonly directory: string;
  /** Files of the application that set tracing up, loaded first. */
  readonly imports: readonly string[];
  readonly env: NodeJS.ProcessEnv;
}

/**
 * Examines a set-up as far as it can be seen from outside the application: its environment, its
 * packages, the way to its collector. Sends one test trace. Never throws for what it finds.
 */
export async function runDoctor(options: DoctorOptions): Promise<DoctorReport> {
  const { directory, imports, env } = options;
  // What the package looks for, it looks for from the main module: here, the application's.
  process.argv[1] = join(directory, 'package.json');
  const imported = await importFiles(directory, imports);
  const warnings: string[] = [];
  const resolved =
    imported.setup?.resolved ??
    resolveOptions(undefined, env, (_, text) => {
      warnings.push(text);
    });
  const findings = [
    ...imported.findings,
    ...checkSettings(resolved, env, warnings, directory),
    ...checkVersions(directory),
    ...(resolved.disabled ? [] : await checkLiveKit(resolved, directory)),
    ...(await checkCollector(resolved)),
  ];
  return {
    ok: findings.every(({ level }) => level !== 'problem'),
    version: VERSION,
    tested:
      imported.setup === undefined
        ? 'the settings of this environment (options in code: --import <file>)'
        : `the setup() of ${showFiles(imports)}`,
    settings: showSettings(resolved),
    findings,
  };
}

const IMPORT_DEADLINE_MILLIS = 8000;
const LIVEKIT = '@livekit/agents';

/** A statement that does not wait: a quick `setup()` is done before the file counts as loaded. */
const HASTY = /^\s*(?:void\s+)?setup\((?!.*\.then)/m;

/** A file that would have ended the doctor. */
class EndedProcess extends Error {}

interface Imported {
  readonly findings: readonly Finding[];
  /** The set-up that a file made, also one that it has shut down again. */
  readonly setup: LiveSetup | undefined;
}

/** Runs files of the application that set tracing up, as LiveKit loads them for a job. */
async function importFiles(directory: string, files: readonly string[]): Promise<Imported> {
  if (files.length === 0) return { findings: [], setup: liveSetup() };
  const shown = { files: showFiles(files) };
  const problems: Finding[] = [];
  const lastSetup = watchSetup();
  const warnings = catchWarnings();
  for (const path of files) {
    const file = asPrintable(path, 100);
    try {
      if (await loadAsJob(directory, resolve(directory, path))) continue;
      const variant = lastSetup() === undefined ? '' : ' set-up';
      const seconds = IMPORT_DEADLINE_MILLIS / 1000;
      problems.push(finding(`settings.import_deadline${variant}`, { file, seconds }));
    } catch (error) {
      const id = error instanceof EndedProcess ? 'settings.import_ends' : 'settings.import_failed';
      const message = error instanceof Error ? error.message : 'unknown reason';
      problems.push(finding(id, { file, reason: asPrintable(message, 300) }));
    }
  }
  const setup = lastSetup();
  const findings = [finding('settings.import_runs', shown), ...problems];
  if (setup === undefined && problems.length === 0) {
    findings.push(finding('settings.import_without_setup', shown));
  } else if (setup !== undefined && liveSetup() === undefined) {
    findings.push(finding('settings.import_shut_down', shown));
  } else if (setup !== undefined && liveSetup() === setup && isHasty(setup, directory, files)) {
    findings.push(finding('settings.not_awaited', shown));
  }
  // The settings have a finding for a missing endpoint.
  const others = warnings().filter((warning) => !warning.startsWith('No endpoint is set'));
  findings.push(...others.map((warning) => finding('settings.setup_warning', { warning })));
  return { findings, setup };
}

function isHasty(setup: LiveSetup, directory: string, files: readonly string[]): boolean {
  return (
    setup.tracing === undefined ||
    files.some((file) => HASTY.test(readIfThere(resolve(directory, file))))
  );
}

function showFiles(files: readonly string[]): string {
  return files.map((file) => asPrintable(file, 100)).join(', ');
}

/** Returns the last set-up from now on, whichever copy of the package makes it. */
function watchSetup(): () => LiveSetup | undefined {
  let current: unknown = liveSetup();
  let last = liveSetup();
  Object.defineProperty(globalThis, SLOT, {
    configurable: true,
    get: () => current,
    set: (setup: unknown) => {
      current = setup;
      last = liveSetup() ?? last;
    },
  });
  return () => last;
}

/** Keeps what the package warns of from stderr, for the report; returns it when it is asked. */
function catchWarnings(): () => readonly string[] {
  const { stderr } = process;
  const write = stderr.write.bind(stderr);
  const caught: string[] = [];
  stderr.write = (chunk: string | Uint8Array, ...rest: []): boolean => {
    const [, text] = /^\[catalyst-tracing\] (.*)/.exec(String(chunk)) ?? [];
    if (text === undefined) return write(chunk, ...rest);
    caught.push(text);
    return true;
  };
  return () => {
    stderr.write = write;
    return caught;
  };
}

/**
 * An agent's file calls `cli.runApp()`, which reads the arguments of the process and ends it when they
 * are not its own, but does nothing in the process of a job: it knows that one by its main module.
 * Returns whether the file was loaded within the deadline.
 */
async function loadAsJob(directory: string, file: string): Promise<boolean> {
  const { argv } = process;
  const exit = process.exit.bind(process);
  const livekit = packageSeenFrom(directory, LIVEKIT);
  if (livekit !== undefined) {
    const main = join(realpathSync(livekit.directory), 'dist', 'ipc', 'job_main.js');
    process.argv = [process.execPath, main];
  }
  process.exit = () => {
    throw new EndedProcess();
  };
  try {
    const loaded = import(pathToFileURL(file).href).then(() => true);
    return await Promise.race([loaded, sleep(IMPORT_DEADLINE_MILLIS, false)]);
  } finally {
    process.argv = argv;
    process.exit = exit;
  }
}
