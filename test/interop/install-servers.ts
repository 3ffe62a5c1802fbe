/**
 * Installs what the interop tests and the page test run, as far as this machine has the tools and
 * registries for it: `npm run interop:install`. What cannot be installed is said, and its tests are
 * skipped; the exit code is 0 all the same, because nothing of it belongs to the package. What an
 * earlier run has installed is used again.
 *   --minutes n   for everything together (default 20)
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findChromium } from '../support/chromium.js';
import {
  COLLECTOR,
  COLLECTOR_MANIFEST,
  JAEGER,
  PHOENIX,
  type InstalledServer,
} from './installed-servers.js';
import { runCommand } from './run-command.js';

const MINUTE = 60_000;
const { values: flags } = parseArgs({
  options: { minutes: { type: 'string', default: '20' } },
});
const DEADLINE = Date.now() + Number(flags.minutes) * MINUTE;

/** Installs into an empty directory; every command ends in time. */
type Install = (
  directory: string,
  run: (command: string, args: readonly string[], options?: RunOptions) => Promise<string>,
) => Promise<void>;

interface RunOptions {
  readonly directory?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const installPhoenix: Install = async (directory, run) => {
  await run('python3', ['-m', 'venv', directory]);
  const pip = join(directory, 'bin', 'pip');
  await run(pip, ['install', '--quiet', `arize-phoenix==${PHOENIX.version}`]);
};

const installCollector: Install = async (directory, run) => {
  const manifest = join(directory, 'builder.yaml');
  const text = readFileSync(COLLECTOR_MANIFEST, 'utf8');
  writeFileSync(manifest, text.replace(/^dist:$/m, `$&\n  output_path: ${directory}`));
  const builder = `go.opentelemetry.io/collector/cmd/builder@v${COLLECTOR.version}`;
  await run('go', ['run', builder, '--config', manifest], { directory });
};

/** Built where the module is: `go install` refuses a module with `replace` in its go.mod. */
const installJaeger: Install = async (_directory, run) => {
  const module = `github.com/jaegertracing/jaeger@v${JAEGER.version}`;
  const downloaded = await run('go', ['mod', 'download', '-json', module]);
  const { Dir: directory } = JSON.parse(downloaded) as { Dir: string };
  const options = ['-trimpath', '-ldflags=-s -w', '-o', JAEGER.command];
  await run('go', ['build', ...options, './cmd/jaeger'], { directory });
};

/** Leaves what is there at the pinned version, and nothing half installed. */
async function install(server: InstalledServer, steps: Install): Promise<string> {
  const { version, directory } = server;
  const stamp = join(directory, 'installed-version');
  if (readIfThere(stamp) === version) return `${version} is there`;
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  try {
    await steps(directory, (program, args, options = {}) =>
      runCommand(program, args, { ...options, timeoutMillis: DEADLINE - Date.now() }),
    );
    writeFileSync(stamp, version);
    return `${version} was installed`;
  } catch (error) {
    rmSync(directory, { recursive: true, force: true });
    throw error;
  }
}

/** With Debian's packages, as root: elsewhere a browser is somebody's own business. */
async function installChromium(): Promise<string> {
  if (findChromium() !== undefined) return 'is there';
  if (process.getuid?.() !== 0) throw new Error('only root can install packages');
  const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, timeoutMillis: 2 * MINUTE };
  await runCommand('apt-get', ['update', '-qq'], options);
  const packages = ['install', '-y', '-qq', '--no-install-recommends', 'chromium'];
  await runCommand('apt-get', packages, { ...options, timeoutMillis: 3 * MINUTE });
  return 'was installed';
}

async function report(title: string, installing: () => Promise<string>): Promise<void> {
  const started = Date.now();
  const seconds = (): string => `(${Math.round((Date.now() - started) / 1000)} s)`;
  try {
    console.log(`${title}: ${await installing()} ${seconds()}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    console.warn(`SKIPPED: ${title} could not be installed ${seconds()}: ${reason}`);
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

// Python mostly waits for the network, Go takes all processors: one beside the other.
await Promise.all([
  report('Chromium', installChromium).then(() =>
    report(PHOENIX.title, () => install(PHOENIX, installPhoenix)),
  ),
  report(COLLECTOR.title, () => install(COLLECTOR, installCollector)).then(() =>
    report(JAEGER.title, () => install(JAEGER, installJaeger)),
  ),
]);
