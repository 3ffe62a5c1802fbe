import { readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as ownApi from '@opentelemetry/api';
import { debug, reasonOf } from '../diagnostics.js';
import { isRecord } from '../mapping/read-attributes.js';
import { loadedModules, processRequire, requireFrom } from '../node-require.js';

/** What this package registers with: one of the copies of `@opentelemetry/api` in the process. */
export type OpenTelemetryApi = Pick<typeof ownApi, 'trace' | 'context' | 'metrics' | 'propagation'>;

/** The copy to register with, and what to say when there are several. */
export interface ApiChoice {
  readonly api: OpenTelemetryApi;
  /** Which versions there are and which one registers; `undefined` when all are of one version. */
  readonly note: string | undefined;
  /** Whether a copy in reach is too new to read what is registered: its spans do not nest. */
  readonly isSplit: boolean;
}

interface ApiCopy {
  readonly directory: string;
  readonly version: string;
}

const PACKAGE = '@opentelemetry/api';
const DIRECTORY = `${sep}@opentelemetry${sep}api${sep}`;
/** Where every 1.x copy keeps what is registered, and the version that registered it. */
const GLOBAL_SLOT: unique symbol = Symbol.for('opentelemetry.js.api.1');

/**
 * Chooses the copy of `@opentelemetry/api` to register with. A copy reads what a copy of the same or
 * a newer minor registered, and adds to it only if it is of exactly that version. So it is the
 * newest copy in reach; or, when something is registered already, the copy of that version.
 *
 * In reach are the copies that the process has loaded and those that certain files would load:
 * LiveKit's entry, which has not been loaded when set-up runs as a preload.
 */
export function chooseApi(files: readonly string[]): ApiChoice {
  try {
    return chooseCopy(files);
  } catch (error) {
    debug(`The copies of ${PACKAGE} could not be compared: ${reasonOf(error)}`);
    return { api: ownApi, note: undefined, isSplit: false };
  }
}

function chooseCopy(files: readonly string[]): ApiChoice {
  const ownFile = thisFile();
  const own = ownFile === undefined ? undefined : copySeenFrom(ownFile);
  const copies = copiesInReach(own, files);
  const newest = copies.reduce<ApiCopy | undefined>(
    (best, copy) => (best === undefined || isNewer(copy.version, best.version) ? copy : best),
    own,
  );
  const before = registeredVersion();
  const chosen = before === undefined ? newest : copies.find(({ version }) => version === before);
  const versions = [...new Set(copies.map(({ version }) => version))].toSorted(byVersion);
  const registered = before ?? chosen?.version;
  const isSplit =
    registered !== undefined && versions.some((version) => minor(version) > minor(registered));
  return {
    api: load(chosen, own),
    note:
      versions.length < 2
        ? undefined
        : `several versions of ${PACKAGE} are in use (${versions.join(', ')}); ${registered ?? 'none'} is registered` +
          (isSplit ? ', which a newer one cannot read: install one version' : ''),
    isSplit,
  };
}

/** This file; the CommonJS build has its own way to say so, and some bundles have none. */
function thisFile(): string | undefined {
  try {
    return fileURLToPath(import.meta.url);
  } catch {
    return undefined;
  }
}

/** The version that has registered something in this process. */
function registeredVersion(): string | undefined {
  const slot: unknown = Reflect.get(globalThis, GLOBAL_SLOT);
  const version: unknown = isRecord(slot) ? slot['version'] : undefined;
  return typeof version === 'string' ? version : undefined;
}

function copiesInReach(own: ApiCopy | undefined, files: readonly string[]): readonly ApiCopy[] {
  const copies = new Map<string, ApiCopy>();
  const add = (copy: ApiCopy | undefined): void => {
    if (copy !== undefined && !copies.has(copy.directory)) copies.set(copy.directory, copy);
  };
  add(own);
  for (const file of files) add(copySeenFrom(file));
  const directories = new Set<string>();
  // The CommonJS form of a copy; from 1.10 on an ESM one leaves no trace here.
  for (const file in loadedModules()) {
    const directory = directoryOf(file);
    if (directory !== undefined) directories.add(directory);
  }
  for (const directory of directories) add(readCopy(directory));
  return [...copies.values()];
}

function copySeenFrom(file: string): ApiCopy | undefined {
  try {
    const entry = requireFrom(file)?.resolve(PACKAGE);
    const directory = entry === undefined ? undefined : directoryOf(entry);
    return directory === undefined ? undefined : readCopy(directory);
  } catch {
    return undefined;
  }
}

function directoryOf(file: string): string | undefined {
  const start = file.lastIndexOf(DIRECTORY);
  return start < 0 ? undefined : file.slice(0, start + DIRECTORY.length);
}

function readCopy(directory: string): ApiCopy | undefined {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    const version: unknown = isRecord(manifest) ? manifest['version'] : undefined;
    return typeof version === 'string' ? { directory, version } : undefined;
  } catch {
    return undefined;
  }
}

/** Our own copy where it is as good: loading another costs some milliseconds. */
function load(copy: ApiCopy | undefined, own: ApiCopy | undefined): OpenTelemetryApi {
  if (copy === undefined || copy.version === own?.version) return ownApi;
  try {
    const loaded: unknown = processRequire()?.(copy.directory);
    return isApi(loaded) ? loaded : ownApi;
  } catch {
    return ownApi;
  }
}

function isApi(value: unknown): value is OpenTelemetryApi {
  const parts = ['trace', 'context', 'metrics', 'propagation'];
  return isRecord(value) && parts.every((part) => part in value);
}

function isNewer(version: string, than: string): boolean {
  return byVersion(version, than) > 0;
}

/** Not by `localeCompare`: its first comparison of numbers loads ICU's data, 7 ms of set-up. */
function byVersion(a: string, b: string): number {
  const [left, right] = [a, b].map((version) => version.split(/[.-]/).map(Number));
  const index = left?.findIndex((part, at) => part !== right?.[at]) ?? -1;
  return index < 0 ? 0 : (left?.[index] ?? 0) - (right?.[index] ?? 0);
}

function minor(version: string): number {
  return Number(version.split('.')[1] ?? 0);
}
