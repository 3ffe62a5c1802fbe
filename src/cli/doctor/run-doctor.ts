import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { asPrintable } from '../../diagnostics.js';
import { liveSetup } from '../../live-tracing.js';
import { resolveOptions } from '../../options/resolve-options.js';
import { VERSION } from '../../version.js';
import { checkCollector } from './check-collector.js';
import { checkLiveKit } from './check-livekit.js';
import { checkSettings } from './check-settings.js';
import { checkVersions } from './check-versions.js';
import type { DoctorReport, Finding } from './finding.js';
import { showSettings } from './show-settings.js';

export interface DoctorOptions {
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
  const { directory, env } = options;
  // What the package looks for, it looks for from the main module: here, the application's.
  process.argv[1] = join(directory, 'package.json');
  const imported = await loadFiles(options);
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

async function loadFiles({ directory, imports }: DoctorOptions): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const file of imports) {
    try {
      await import(pathToFileURL(resolve(directory, file)).href);
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown reason';
      findings.push({
        topic: 'settings',
        code: 'settings.import_failed',
        level: 'problem',
        text: `${asPrintable(file, 100)} could not be loaded: ${asPrintable(reason, 300)}`,
        fix: 'Correct it; for TypeScript, start Node with a loader: NODE_OPTIONS="--import tsx".',
      });
    }
  }
  if (imports.length > 0 && liveSetup() === undefined && findings.length === 0) {
    findings.push({
      topic: 'settings',
      code: 'settings.import_without_setup',
      level: 'problem',
      text: `${imports.map((file) => asPrintable(file, 100)).join(', ')} did not call setup().`,
      fix: 'Give the doctor the file that calls setup(), or call it there at module level: await setup().',
    });
  }
  return findings;
}
