import { join } from 'node:path';

/**
 * Node's `require` as a file sees it; `undefined` where it is out of reach. Taken from `process`,
 * since webpack from 5.106 on replaces an imported `createRequire()` by `undefined` in a bundle.
 */
export function requireFrom(file: string): NodeJS.Require | undefined {
  try {
    return process.getBuiltinModule('node:module').createRequire(file);
  } catch {
    return undefined;
  }
}

/** The `require` of no file in particular: the working directory may have been deleted. */
export function processRequire(): NodeJS.Require | undefined {
  return requireFrom(process.execPath);
}

/** The CommonJS modules that the process has loaded, by file. */
export function loadedModules(): NodeJS.Dict<NodeJS.Module> {
  return processRequire()?.cache ?? {};
}

/** The entry file of a package, seen from the application: its main module, else the working directory. */
export function resolveFromApplication(specifier: string): string | undefined {
  for (const from of [process.argv[1], fileInWorkingDirectory()]) {
    try {
      const file = from === undefined ? undefined : requireFrom(from)?.resolve(specifier);
      if (file !== undefined) return file;
    } catch {
      // Not there, seen from here.
    }
  }
  return undefined;
}

/** A file to resolve from in the working directory; `undefined` when that was deleted. */
export function fileInWorkingDirectory(): string | undefined {
  try {
    return join(process.cwd(), 'noop.js');
  } catch {
    return undefined;
  }
}
