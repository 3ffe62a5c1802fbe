import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isRecord } from '../../mapping/read-attributes.js';
import { chooseApi } from '../../provider/api-copies.js';
import { TRACER_NAME, VERSION } from '../../version.js';
import { readIfThere } from './check-settings.js';
import { findingsOf, type Finding } from './report.js';

const MIN_NODE = '20.19';
const LIVEKIT = '@livekit/agents';
const finding = findingsOf('versions');
const SHARED = ['@opentelemetry/api', '@opentelemetry/sdk-trace-base'] as const;

/** Versions of Node, of this package, of LiveKit and of OpenTelemetry, and whether copies differ. */
export function checkVersions(directory: string): readonly Finding[] {
  const livekit = packageSeenFrom(directory, LIVEKIT);
  const own = packageSeenFrom(directory, TRACER_NAME);
  const viewers = {
    'the application': directory,
    [LIVEKIT]: livekit?.directory,
    [TRACER_NAME]: own?.directory ?? import.meta.dirname,
  };
  return [
    checkNode(process.versions.node),
    checkOwnCopy(own),
    checkLiveKitVersion(livekit),
    ...SHARED.map((name) => checkShared(name, viewers)),
    ...checkApiSplit(livekit),
  ];
}

/** Whether a version is as new as another. */
function isAtLeast(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) >= 0;
}

function checkNode(version: string): Finding {
  return isAtLeast(version, MIN_NODE)
    ? finding('node', 'ok', `Node ${version}`)
    : finding('node', 'problem', `Node ${version} is too old.`, `Use Node ${MIN_NODE} or newer.`);
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
  const { version } = livekit;
  // LiveKit exports its telemetry from 1.0.19 on; 1.1.0 was built without it.
  return isAtLeast(version, '1.0.19') && !version.startsWith('1.1.0')
    ? finding('livekit', 'ok', `${LIVEKIT} ${version}`)
    : finding(
        'livekit_old',
        'problem',
        `${LIVEKIT} ${version} has no telemetry.`,
        `Update it: npm install ${LIVEKIT}@latest (1.0.19 or newer, not 1.1.0).`,
      );
}

/** A package of which the application, LiveKit and this package may have a copy each. */
function checkShared(name: string, viewers: Readonly<Record<string, string | undefined>>): Finding {
  const copies = new Map<string, { readonly version: string; readonly users: string[] }>();
  for (const [user, from] of Object.entries(viewers)) {
    const copy = from === undefined ? undefined : packageSeenFrom(from, name);
    if (copy === undefined) continue;
    const known = copies.get(copy.directory);
    if (known === undefined) copies.set(copy.directory, { version: copy.version, users: [user] });
    else known.users.push(user);
  }
  const shown = Array.from(copies.values(), (copy) => `${copy.version} (${copy.users.join(', ')})`);
  // Two copies are no harm by themselves: checkApiSplit says when they are.
  return copies.size > 1
    ? finding('opentelemetry', 'info', `${name} is there ${copies.size} times: ${shown.join('; ')}`)
    : finding(
        'opentelemetry',
        'ok',
        `${name} ${shown.length === 0 ? 'is not installed' : `${shown.join()}: one copy`}`,
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
interface InstalledPackage {
  readonly version: string;
  readonly directory: string;
}

/** The copy of a package that code in this directory loads; `undefined` when there is none. */
export function packageSeenFrom(directory: string, name: string): InstalledPackage | undefined {
  const require = createRequire(join(directory, 'noop.js'));
  for (const specifier of [`${name}/package.json`, name]) {
    try {
      // Upwards from what is loaded: `dist` may contain another package.json.
      let at = dirname(require.resolve(specifier));
      for (; at !== dirname(at); at = dirname(at)) {
        const manifest: unknown = JSON.parse(readIfThere(join(at, 'package.json')) || '{}');
        if (!isRecord(manifest) || manifest['name'] !== name) continue;
        const { version } = manifest;
        if (typeof version === 'string') return { version, directory: at };
      }
    } catch {
      // Not installed, or its `exports` hide the file.
    }
  }
  return undefined;
}
