import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chooseApi } from '../../provider/api-copies.js';
import { TRACER_NAME, VERSION } from '../../version.js';
import { findingsOf, type Finding } from './report.js';

const MIN_NODE = [20, 19] as const;
const LIVEKIT = '@livekit/agents';
const finding = findingsOf('versions');
const SHARED = ['@opentelemetry/api', '@opentelemetry/sdk-trace-base'] as const;

/** Versions of Node, of this package, of LiveKit and of OpenTelemetry, and whether copies differ. */
export function checkVersions(directory: string, nodeVersion: string): readonly Finding[] {
  const livekit = packageSeenFrom(directory, LIVEKIT);
  return [
    checkNode(nodeVersion),
    checkOwnCopy(packageSeenFrom(directory, TRACER_NAME)),
    checkLiveKitVersion(livekit),
    ...SHARED.map((name) => checkShared(name, directory, livekit)),
    ...checkApiSplit(livekit),
  ];
}

function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < MIN_NODE[0] || (major === MIN_NODE[0] && minor < MIN_NODE[1]);
  const needed = MIN_NODE.join('.');
  return isOld
    ? finding('node', 'problem', `Node ${version} is too old.`, `Use Node ${needed} or newer.`)
    : finding('node', 'ok', `Node ${version}`);
}

function checkOwnCopy(installed: InstalledPackage | undefined): Finding {
  if (installed === undefined) {
    return finding(
      'own_missing',
      'warning',
      `The application in this directory has no ${TRACER_NAME} installed.`,
      `Run the doctor in the application's directory, or: npm install ${TRACER_NAME}`,
    );
  }
  return installed.version === VERSION
    ? finding('own', 'ok', `${TRACER_NAME} ${VERSION}`)
    : finding(
        'own_differs',
        'warning',
        `The application has ${TRACER_NAME} ${installed.version}; this doctor is of ${VERSION}.`,
        `Run the application's own: npx ${TRACER_NAME} doctor, in its directory.`,
      );
}

function checkLiveKitVersion(livekit: InstalledPackage | undefined): Finding {
  if (livekit === undefined) {
    return finding(
      'livekit_missing',
      'warning',
      `${LIVEKIT} is not installed for this directory.`,
      `Run the doctor in the application's directory, or: npm install ${LIVEKIT}`,
    );
  }
  return hasTelemetry(livekit.version)
    ? finding('livekit', 'ok', `${LIVEKIT} ${livekit.version}`)
    : finding(
        'livekit_old',
        'problem',
        `${LIVEKIT} ${livekit.version} has no telemetry.`,
        `Update it: npm install ${LIVEKIT}@latest (1.0.19 or newer, not 1.1.0).`,
      );
}

/** LiveKit exports its telemetry from 1.0.19 on; 1.1.0 was built without it. */
function hasTelemetry(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(/[.-]/).map(Number);
  if (version.startsWith('1.1.0')) return false;
  return major > 1 || (major === 1 && (minor > 0 || patch >= 19));
}

/** A package of which the application, LiveKit and this package may have a copy each. */
function checkShared(
  name: string,
  directory: string,
  livekit: InstalledPackage | undefined,
): Finding {
  const viewers = {
    'the application': directory,
    [LIVEKIT]: livekit?.directory,
    [TRACER_NAME]: packageSeenFrom(directory, TRACER_NAME)?.directory ?? import.meta.dirname,
  };
  const copies = new Map<string, { readonly version: string; readonly users: string[] }>();
  for (const [user, from] of Object.entries(viewers)) {
    const copy = from === undefined ? undefined : packageSeenFrom(from, name);
    if (copy === undefined) continue;
    const known = copies.get(copy.directory);
    if (known === undefined) copies.set(copy.directory, { version: copy.version, users: [user] });
    else known.users.push(user);
  }
  const shown = [...copies.values()].map(
    ({ version, users }) => `${version} (${users.join(', ')})`,
  );
  // Two copies are no harm by themselves: checkApiSplit says when they are.
  return finding(
    'opentelemetry',
    copies.size > 1 ? 'info' : 'ok',
    copies.size > 1
      ? `${name} is there ${copies.size} times: ${shown.join('; ')}`
      : `${name} ${shown[0] ?? 'is not installed'}${copies.size === 1 ? ': one copy' : ''}`,
  );
}

function checkApiSplit(livekit: InstalledPackage | undefined): readonly Finding[] {
  const files = livekit === undefined ? [] : [`${livekit.directory}/package.json`];
  const { note, isSplit } = chooseApi(files);
  if (note === undefined || !isSplit) return [];
  const text = `Traces fall apart: ${note}.`;
  return [finding('api_split', 'problem', text, 'npm dedupe, or npm install @opentelemetry/api@1')];
}

/** One installed copy of a package. */
export interface InstalledPackage {
  readonly name: string;
  readonly version: string;
  readonly directory: string;
}

/** The copy of a package that code in this directory loads; `undefined` when there is none. */
export function packageSeenFrom(directory: string, name: string): InstalledPackage | undefined {
  const require = createRequire(join(directory, 'noop.js'));
  for (const specifier of [`${name}/package.json`, name]) {
    const found = resolveFrom(require, specifier);
    const installed = found === undefined ? undefined : packageAround(found, name);
    if (installed !== undefined) return installed;
  }
  return undefined;
}

function resolveFrom(require: NodeJS.Require, specifier: string): string | undefined {
  try {
    return require.resolve(specifier);
  } catch {
    return undefined;
  }
}

/** The package of this name that a file belongs to: `dist` may contain another package.json. */
function packageAround(file: string, name: string): InstalledPackage | undefined {
  for (let directory = dirname(file); ; directory = dirname(directory)) {
    const version = readVersion(join(directory, 'package.json'), name);
    if (version !== undefined) return { name, version, directory };
    if (dirname(directory) === directory) return undefined;
  }
}

function readVersion(path: string, name: string): string | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof manifest !== 'object' || manifest === null) return undefined;
    if (!('name' in manifest) || manifest.name !== name || !('version' in manifest)) {
      return undefined;
    }
    return typeof manifest.version === 'string' ? manifest.version : undefined;
  } catch {
    return undefined;
  }
}
