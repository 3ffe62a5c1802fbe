import { join } from 'node:path';
import { liveSetup } from '../../live-tracing.js';
import { resolveOptions } from '../../options/resolve-options.js';
import { VERSION } from '../../version.js';
import { checkCollector } from './check-collector.js';
import { checkLiveKit } from './check-livekit.js';
import { checkSettings, showSettings } from './check-settings.js';
import { checkVersions } from './check-versions.js';
import { importFiles } from './import-files.js';
import type { DoctorReport } from './report.js';

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
