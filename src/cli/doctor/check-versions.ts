import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { isRecord } from '../../mapping/read-attributes.js';
import { chooseApi } from '../../provider/api-copies.js';
import { TRACER_NAME, VERSION } from '../../version.js';
import { groupBy } from '../span-facts.js';
import { readIfThere } from './check-settings.js';
import { finding, type Finding } from './findings.js';

const MIN_NODE = '20.19';
const LIVEKIT = '@livekit/agents';
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
  const node = process.versions.node;
  const isNodeNew = isAtLeast(node, MIN_NODE);
  const facts = { version: own?.version, own: VERSION };
  const ownId = own?.version === VERSION ? 'versions.own' : 'versions.own_differs';
  return [
    finding(`versions.node${isNodeNew ? '' : ' too-old'}`, { version: node, needed: MIN_NODE }),
    finding(own === undefined ? 'versions.own_missing' : ownId, facts),
    checkLiveKitVersion(livekit),
    ...SHARED.map((name) => checkShared(name, viewers)),
    ...checkApiSplit(livekit),
  ];
}

/** Whether a version is as new as another. */
function isAtLeast(version: string, other: string): boolean {
  return version.localeCompare(other, 'en', { numeric: true }) >= 0;
}

function checkLiveKitVersion(livekit: InstalledPackage | undefined): Finding {
  if (livekit === undefined) return finding('versions.livekit_missing');
  const { version } = livekit;
  // LiveKit exports its telemetry from 1.0.19 on; 1.1.0 was built without it.
  const hasTelemetry = isAtLeast(version, '1.0.19') && !version.startsWith('1.1.0');
  return finding(hasTelemetry ? 'versions.livekit' : 'versions.livekit_old', { version });
}

/** A package of which the application, LiveKit and this package may have a copy each. */
function checkShared(name: string, viewers: Readonly<Record<string, string | undefined>>): Finding {
  const seen = Object.entries(viewers).flatMap(([user, from]) => {
    const copy = from === undefined ? undefined : packageSeenFrom(from, name);
    return copy === undefined ? [] : [{ ...copy, user }];
  });
  const copies = groupBy(seen, (copy) => copy.directory);
  const shown = Array.from(
    copies.values(),
    (users) => `${users[0]?.version} (${users.map(({ user }) => user).join(', ')})`,
  );
  // Two copies are no harm by themselves: checkApiSplit says when they are.
  const variant = copies.size === 0 ? ' missing' : copies.size > 1 ? ' several' : '';
  const facts = { name, count: copies.size, copies: shown.join('; ') };
  return finding(`versions.opentelemetry${variant}`, facts);
}

function checkApiSplit(livekit: InstalledPackage | undefined): readonly Finding[] {
  const files = livekit === undefined ? [] : [`${livekit.directory}/package.json`];
  const { note, isSplit } = chooseApi(files);
  if (note === undefined || !isSplit) return [];
  return [finding('versions.api_split', { note })];
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
