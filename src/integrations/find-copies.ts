import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { asText, parseJsonRecord } from '../mapping/read-attributes.js';
import { applicationImports, mainFiles } from './application-imports.js';

/** Where the copies of an SDK are found. */
export interface SdkPackage {
  readonly packageName: string;
  /**
   * Its main files within the package: those that the package's `exports` lead to. Without them no
   * copy is looked for: it is enough that the package is there.
   */
  readonly entries?: { readonly cjs: string; readonly esm: string };
}

/** One copy of an SDK. */
export interface SdkCopy {
  readonly module: unknown;
  readonly version: string | undefined;
  readonly format: 'esm' | 'cjs';
}

/** What there is of an SDK in this process and around it. */
export interface SdkPresence {
  readonly copies: readonly SdkCopy[];
  /** Whether the application could load it. */
  readonly isInstalled: boolean;
}

const ABSENT: SdkPresence = Object.freeze({ copies: [], isInstalled: false });

/**
 * The copies of these SDKs that the application has loaded or will: CommonJS copies from Node's
 * module cache, and those that its own files ask for. Loads no other.
 */
export async function findCopies(
  packages: readonly SdkPackage[],
): Promise<ReadonlyMap<SdkPackage, SdkPresence>> {
  const require = createRequire(join(process.cwd(), 'noop.js'));
  const from = [...mainFiles(), join(process.cwd(), 'noop.js')];
  const installed = packages.filter(
    ({ packageName }) =>
      from.some((file) => rootOf(packageName, file) !== undefined) ||
      Object.keys(require.cache).some((file) => file.includes(folderOf(packageName))),
  );
  const imports = installed.length === 0 ? [] : applicationImports(installed.map(nameOf));
  const found = new Map<SdkPackage, SdkPresence>(packages.map((sdk) => [sdk, ABSENT]));
  for (const sdk of installed) {
    const { packageName, entries } = sdk;
    if (entries === undefined) {
      found.set(sdk, { copies: [], isInstalled: true });
      continue;
    }
    const files = new Map<string, 'esm' | 'cjs'>();
    for (const file in require.cache) {
      if (file.endsWith(folderOf(packageName) + entries.cjs)) files.set(file, 'cjs');
    }
    for (const each of imports) {
      const root = each.packageName === packageName ? rootOf(packageName, each.file) : undefined;
      if (root !== undefined) files.set(join(root, entries[each.format]), each.format);
    }
    const copies: SdkCopy[] = [];
    for (const [file, format] of files) {
      const copy = await loadCopy(file, format, require);
      if (copy !== undefined) copies.push(copy);
    }
    found.set(sdk, { copies, isInstalled: true });
  }
  return found;
}

/** One copy by its main file, loaded if it is not yet; `undefined` when it does not load. */
export async function loadCopy(
  file: string,
  format: 'esm' | 'cjs',
  require: NodeJS.Require = createRequire(join(process.cwd(), 'noop.js')),
): Promise<SdkCopy | undefined> {
  try {
    const module: unknown =
      format === 'cjs' ? require(file) : await import(pathToFileURL(file).href);
    return { module, format, version: versionAbove(file) };
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

function folderOf(packageName: string): string {
  return `${sep}node_modules${sep}${packageName.replaceAll('/', sep)}${sep}`;
}

function nameOf({ packageName }: SdkPackage): string {
  return packageName;
}

/** Of the package that a file is in; a folder of its build may have a `package.json` without one. */
function versionAbove(file: string): string | undefined {
  for (let at = dirname(file); at !== dirname(at); at = dirname(at)) {
    try {
      const manifest = parseJsonRecord(readFileSync(join(at, 'package.json'), 'utf8'));
      const version = asText(manifest?.['version']);
      if (version !== undefined) return version;
    } catch {
      // There is none here.
    }
  }
  return undefined;
}
