import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

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

/** The package of this name that a file belongs to: `dist` may hold a package.json of its own. */
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
