import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, extname, isAbsolute, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseJsonRecord, type JsonRecord } from '../mapping/read-attributes.js';

export interface PackageImport {
  readonly packageName: string;
  readonly file: string;
  readonly format: 'esm' | 'cjs';
}

/** Bounds what set-up reads: an application that is larger names its SDKs as `modules`. */
const MAX_FILES = 100;
const MAX_FILE_BYTES = 500_000;

const SPECIFIERS =
  /\b(?:import|export)\b(\s+type\s)?[^'"();]{0,800}?\bfrom\s*['"]([^'"\n]+)['"]|\bimport\s*['"]([^'"\n]+)['"]|\bimport\s*\(\s*['"]([^'"\n]+)['"]|\brequire\s*\(\s*['"]([^'"\n]+)['"]/gu;
/** Lines of comments, which show code that does not run. */
const COMMENTS = /^[ \t]*(?:\/\/|\/?\*).*$/gmu;
const SOURCE = /\.[cm]?[jt]sx?$/u;

/**
 * Which of these packages the application's own files import, from its main file on.
 *
 * A loaded ES module can only be reached by importing it, and Node does not report whether it is
 * loaded: importing an SDK to find out costs 50 to 150 ms in a process that never uses it. What its
 * own source imports, an application has loaded or will load.
 */
export function applicationImports(packageNames: readonly string[]): readonly PackageImport[] {
  const found: PackageImport[] = [];
  const files = mainFiles();
  for (let at = 0; at < files.length && at < MAX_FILES; at += 1) {
    const file = files[at];
    const source = file === undefined ? undefined : readSource(file);
    if (file === undefined || source === undefined) continue;
    for (const { specifier, isRequire } of specifiersIn(source)) {
      if (specifier.startsWith('.')) {
        const next = resolveFile(resolve(dirname(file), specifier));
        if (next !== undefined && !files.includes(next)) files.push(next);
        continue;
      }
      const packageName = packageNames.find((name) => `${specifier}/`.startsWith(`${name}/`));
      if (packageName === undefined) continue;
      found.push({ packageName, file, format: isRequire || isCommonJs(file) ? 'cjs' : 'esm' });
    }
  }
  return found;
}

/** The main file, and the agent's in a job of LiveKit's, which is forked with its path. */
export function mainFiles(): string[] {
  const paths = process.argv
    .slice(1)
    .map((path) => (path.startsWith('file:') ? fileURLToPath(path) : path))
    .filter((path) => isAbsolute(path));
  return paths
    .filter((path) => !path.includes(`${sep}node_modules${sep}`))
    .map((path) => resolveFile(path))
    .filter((file) => file !== undefined);
}

function specifiersIn(
  source: string,
): readonly { readonly specifier: string; readonly isRequire: boolean }[] {
  const code = source.replaceAll(COMMENTS, '');
  return [...code.matchAll(SPECIFIERS)].flatMap(([, isType, from, bare, dynamic, required]) => {
    const specifier = from ?? bare ?? dynamic ?? required;
    if (specifier === undefined || isType !== undefined) return [];
    return [{ specifier, isRequire: required !== undefined }];
  });
}

/** TypeScript names the file that it will be compiled to. */
function resolveFile(path: string): string | undefined {
  const stem = path.replace(/\.([cm]?)js(x?)$/u, '.$1ts$2');
  const tries = SOURCE.test(path)
    ? [path, stem]
    : ['.js', '.ts', '.mjs', '.cjs', '.tsx', '/index.js', '/index.ts'].map((end) => path + end);
  return tries.find((file) => existsSync(file));
}

function readSource(file: string): string | undefined {
  try {
    return statSync(file).size > MAX_FILE_BYTES ? undefined : readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether `import` is compiled to `require()`: TypeScript of a package that is not `module`. */
function isCommonJs(file: string): boolean {
  const extension = extname(file);
  if (extension.startsWith('.c')) return true;
  if (extension.startsWith('.m')) return false;
  const type = manifestAbove(file)?.['type'];
  return type === 'commonjs' || (type !== 'module' && extension.startsWith('.t'));
}

/**
 * The package that a file belongs to, as its `package.json` describes it; with a key, the nearest
 * that has it: some packages have one without a version next to their files.
 */
export function manifestAbove(file: string, key?: string): JsonRecord | undefined {
  for (let at = dirname(file); ; at = dirname(at)) {
    const manifest = parseJsonRecord(readSource(join(at, 'package.json')));
    if (manifest !== undefined && (key === undefined || key in manifest)) return manifest;
    if (at === dirname(at)) return undefined;
  }
}
