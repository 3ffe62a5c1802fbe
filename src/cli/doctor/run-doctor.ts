import { realpathSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { asPrintable } from '../../diagnostics.js';
import { liveSetup } from '../../live-tracing.js';
import { resolveOptions } from '../../options/resolve-options.js';
import { VERSION } from '../../version.js';
import { checkCollector } from './check-collector.js';
import { checkLiveKit } from './check-livekit.js';
import { checkSettings, showSettings } from './check-settings.js';
import { checkVersions, packageSeenFrom } from './check-versions.js';
import { findingsOf, type DoctorReport, type Finding } from './report.js';

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
  const live = liveSetup();
  const warnings: string[] = [];
  const resolved =
    live?.resolved ??
    resolveOptions(undefined, env, (code, text) => {
      if (code !== 'no_endpoint') warnings.push(text);
    });
  const findings = [
    ...imported,
    ...checkSettings({ resolved, env, warnings, directory }),
    ...checkVersions(directory, process.versions.node),
    ...(resolved.disabled ? [] : await checkLiveKit(resolved, directory)),
    ...(await checkCollector(resolved)),
  ];
  return {
    ok: findings.every(({ level }) => level !== 'problem'),
    version: VERSION,
    settings: showSettings(resolved),
    findings,
  };
}

const finding = findingsOf('settings');
const LIVEKIT = '@livekit/agents';

/** A file that would have ended the doctor. */
class EndedProcess extends Error {}

/** Loads files of the application that set tracing up, as LiveKit loads them for a job. */
async function importFiles(
  directory: string,
  files: readonly string[],
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const file of files) {
    try {
      await asJob(directory, () => import(pathToFileURL(resolve(directory, file)).href));
    } catch (error) {
      findings.push(explainFailure(asPrintable(file, 100), error));
    }
  }
  if (files.length > 0 && liveSetup() === undefined && findings.length === 0) {
    findings.push(
      finding(
        'import_without_setup',
        'problem',
        `${files.map((file) => asPrintable(file, 100)).join(', ')} did not call setup().`,
        'Give the doctor the file that calls setup(), or call it there at module level: await setup().',
      ),
    );
  }
  return findings;
}

/**
 * An agent's file calls `cli.runApp()`, which reads the arguments of the process and ends it when they
 * are not its own, but does nothing in the process of a job: it knows that one by its main module.
 */
async function asJob(directory: string, load: () => Promise<unknown>): Promise<void> {
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
    await load();
  } finally {
    process.argv = argv;
    process.exit = exit;
  }
}

function explainFailure(file: string, error: unknown): Finding {
  if (error instanceof EndedProcess) {
    return finding(
      'import_ends',
      'problem',
      `${file} ends the process while it is loaded.`,
      'Give the doctor the file that calls setup() alone, or let that one end the process only as main module.',
    );
  }
  const reason = error instanceof Error ? error.message : 'unknown reason';
  return finding(
    'import_failed',
    'problem',
    `${file} could not be loaded: ${asPrintable(reason, 300)}`,
    'Correct it; for TypeScript, start Node with a loader: NODE_OPTIONS="--import tsx".',
  );
}
