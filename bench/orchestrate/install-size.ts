import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OWN_PACKAGE, type Contestant } from './contestants.js';
import { PEERS_DIR, PROJECT_DIR } from './places.js';
import type { InstallSize } from './samples.js';

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * Packages and bytes a contestant adds beside `@livekit/agents`: everything it needs that LiveKit
 * does not already bring in the same version.
 */
export function measureInstall(contestant: Contestant): InstallSize {
  const present = closure(['@livekit/agents'], PROJECT_DIR);
  const added = new Map<string, string>();
  for (const name of contestant.packages) {
    if (name === OWN_PACKAGE) {
      added.set(name, join(PROJECT_DIR, 'dist'));
      addAll(added, closure(Object.keys(manifestOf(PROJECT_DIR).dependencies ?? {}), PROJECT_DIR));
    } else addAll(added, closure([name], PEERS_DIR));
  }
  for (const id of present.keys()) added.delete(id);
  let bytes = 0;
  for (const directory of added.values()) bytes += sizeOf(directory);
  return { contestant: contestant.name, packages: added.size, bytes };
}

/** `name@version` → directory, of the packages and all they depend on. */
function closure(names: readonly string[], from: string): Map<string, string> {
  const found = new Map<string, string>();
  const visit = (name: string, dependent: string): void => {
    const directory = locate(name, dependent);
    // An optional dependency of another platform.
    if (directory === undefined) return;
    const manifest = manifestOf(directory);
    const id = `${manifest.name}@${manifest.version}`;
    if (found.has(id)) return;
    found.set(id, directory);
    for (const dependency of Object.keys(manifest.dependencies ?? {})) visit(dependency, directory);
  };
  for (const name of names) visit(name, from);
  return found;
}

/** Node's own look-up: the nearest node_modules upwards. */
function locate(name: string, from: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const candidate = join(directory, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
    if (directory === dirname(directory)) return undefined;
  }
}

function manifestOf(directory: string): Manifest {
  return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
}

function sizeOf(directory: string): number {
  let bytes = 0;
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isFile()) bytes += lstatSync(path).size;
    else if (entry.isDirectory() && entry.name !== 'node_modules') bytes += sizeOf(path);
  }
  return bytes;
}

function addAll(target: Map<string, string>, source: ReadonlyMap<string, string>): void {
  for (const [id, directory] of source) target.set(id, directory);
}
