import { existsSync, realpathSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { asText, isRecord } from '../mapping/read-attributes.js';
import { fileInWorkingDirectory, loadedModules, processRequire } from '../node-require.js';
import { applicationImports, mainFiles, manifestAbove } from './application-imports.js';

export interface SdkPackage {
  readonly packageName: string;
  /**
   * Its main files within the package: those that the package's `exports` lead to. Without them no
   * copy is looked for: it is enough that the package is there. Without `esm` only a copy is patched
   * that is loaded already: to import the package is not to load this file of it (`elevenlabs-js`).
   */
  readonly entries?: { readonly cjs: string; readonly esm?: string };
  /** Packages that load it: who imports one of these uses this SDK too, perhaps a nested copy. */
  readonly via?: readonly string[];
}

export interface SdkCopy {
  readonly module: unknown;
  readonly version: string | undefined;
  readonly file: string;
}

export interface SdkPresence {
  readonly copies: readonly SdkCopy[];
  /** Whether it is a dependency of the application itself: LiveKit brings `openai` to everybody. */
  readonly isDependency: boolean;
}

/**
 * The copies of those of these SDKs that are installed which the application has loaded or will:
 * CommonJS copies from Node's module cache, and those that its own files ask for. Loads no other.
 */
export async function findCopies<Sdk extends SdkPackage>(
  packages: readonly Sdk[],
): Promise<ReadonlyMap<Sdk, SdkPresence>> {
  const loaded = Object.keys(loadedModules());
  const from = [...mainFiles(), fileInWorkingDirectory()].filter((file) => file !== undefined);
  const installed = packages.filter(
    (sdk) =>
      from.some((file) => namesOf(sdk).some((name) => rootBy(name, sdk, file) !== undefined)) ||
      loaded.some((file) => file.includes(folderOf(sdk.packageName))),
  );
  const imports = installed.length === 0 ? [] : applicationImports(installed.flatMap(namesOf));
  const found = new Map<Sdk, SdkPresence>();
  for (const sdk of installed) {
    const { packageName, entries } = sdk;
    const files = new Map<string, 'esm' | 'cjs'>();
    const cjs = entries && folderOf(packageName) + entries.cjs;
    for (const file of loaded) if (cjs !== undefined && file.endsWith(cjs)) files.set(file, 'cjs');
    for (const each of entries?.esm === undefined ? [] : imports) {
      const isOne = namesOf(sdk).includes(each.packageName);
      const root = isOne ? rootBy(each.packageName, sdk, each.file) : undefined;
      const entry = entries?.[each.format];
      if (root !== undefined && entry !== undefined) files.set(join(root, entry), each.format);
    }
    const copies: SdkCopy[] = [];
    for (const [file, format] of files) {
      const copy = await loadCopy(file, format);
      if (copy !== undefined) copies.push(copy);
    }
    const isDependency = from.some((file) => dependsOn(file, packageName));
    found.set(sdk, { copies, isDependency: isDependency || entries === undefined });
  }
  return found;
}

/** One copy by its main file, loaded if it is not yet; `undefined` when it does not load. */
export async function loadCopy(file: string, format: 'esm' | 'cjs'): Promise<SdkCopy | undefined> {
  try {
    const module: unknown =
      format === 'cjs'
        ? processRequire()?.(file)
        : // Without the comment webpack and ncc replace the call by an empty context of modules.
          await import(/* webpackIgnore: true */ pathToFileURL(file).href);
    return { module, file, version: asText(manifestAbove(file, 'version')?.['version']) };
  } catch {
    return undefined;
  }
}

/**
 * Folder of a package as a file sees it; `undefined` when it does not see it. Looked up by hand:
 * `require.resolve()` takes half a millisecond for a package that is there, and reads `exports`.
 */
export function rootOf(packageName: string, from: string): string | undefined {
  for (let at = dirname(from); ; at = dirname(at)) {
    const folder = join(at, folderOf(packageName));
    // Node loads a linked package from where it really is, and knows it by that name.
    if (existsSync(join(folder, 'package.json'))) return realpathSync(folder);
    if (at === dirname(at)) return undefined;
  }
}

function dependsOn(file: string, packageName: string): boolean {
  const manifest = manifestAbove(file);
  return ['dependencies', 'devDependencies', 'optionalDependencies'].some((kind) => {
    const dependencies = manifest?.[kind];
    return isRecord(dependencies) && Object.hasOwn(dependencies, packageName);
  });
}

function folderOf(packageName: string): string {
  return `${sep}node_modules${sep}${packageName.replaceAll('/', sep)}${sep}`;
}

function namesOf({ packageName, via = [] }: SdkPackage): readonly string[] {
  return [packageName, ...via];
}

/** Folder of an SDK as a package sees it that the application imports, or as the application does. */
function rootBy(name: string, { packageName }: SdkPackage, file: string): string | undefined {
  const root = rootOf(name, file);
  if (root === undefined || name === packageName) return root;
  return rootOf(packageName, join(root, 'package.json'));
}
