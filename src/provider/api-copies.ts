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
  const own = readCopy(directorySeenFrom(thisFile()));
  const directories = new Set(files.map(directorySeenFrom));
  // The CommonJS form of a copy; from 1.10 on an ESM one leaves no trace here.
  for (const file in loadedModules()) directories.add(directoryOf(file));
  directories.delete(own?.directory);
  const copies = [own, ...[...directories].map(readCopy)]
    .filter((copy) => copy !== undefined)
    .toSorted((a, b) => byVersion(a.version, b.version));
  const before = registeredVersion();
  const chosen =
    before === undefined ? copies.at(-1) : copies.find(({ version }) => version === before);
  const registered = before ?? chosen?.version;
  const versions = [...new Set(copies.map(({ version }) => version))];
  const isSplit =
    registered !== undefined && versions.some((version) => minor(version) > minor(registered));
  const note =
    `several versions of ${PACKAGE} are in use (${versions.join(', ')}); ${registered ?? 'none'} is registered` +
    (isSplit ? ', which a newer one cannot read: install one version' : '');
  // Our own copy where it is as good: loading another costs some milliseconds.
  const api = chosen === undefined || chosen.version === own?.version ? ownApi : load(chosen);
  return { api, note: versions.length < 2 ? undefined : note, isSplit };
}

/** This file; the CommonJS build has its own way to say so, and some bundles have none. */
function thisFile(): string | undefined {
  try {
    return fileURLToPath(import.meta.url);
  } catch {
    return undefined;
  }
}

/** What is registered, of whatever copy: the context manager, say. The API does not show it. */
export function registeredAs(part: 'context' | 'propagation' | 'version'): unknown {
  const slot: unknown = Reflect.get(globalThis, GLOBAL_SLOT);
  return isRecord(slot) ? slot[part] : undefined;
}

function registeredVersion(): string | undefined {
  const version = registeredAs('version');
  return typeof version === 'string' ? version : undefined;
}

function directorySeenFrom(file: string | undefined): string | undefined {
  try {
    return file === undefined ? undefined : directoryOf(requireFrom(file)?.resolve(PACKAGE) ?? '');
  } catch {
    return undefined;
  }
}

function directoryOf(file: string): string | undefined {
  const start = file.lastIndexOf(DIRECTORY);
  return start < 0 ? undefined : file.slice(0, start + DIRECTORY.length);
}

function readCopy(directory: string | undefined): ApiCopy | undefined {
  if (directory === undefined) return undefined;
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
    const version: unknown = isRecord(manifest) ? manifest['version'] : undefined;
    return typeof version === 'string' ? { directory, version } : undefined;
  } catch {
    return undefined;
  }
}

function load({ directory }: ApiCopy): OpenTelemetryApi {
  try {
    const loaded: unknown = processRequire()?.(directory);
    return isApi(loaded) ? loaded : ownApi;
  } catch {
    return ownApi;
  }
}

function isApi(value: unknown): value is OpenTelemetryApi {
  const parts = ['trace', 'context', 'metrics', 'propagation'];
  return isRecord(value) && parts.every((part) => part in value);
}

/** Not by `localeCompare`: its first comparison of numbers loads ICU's data, 7 ms of set-up. */
function byVersion(a: string, b: string): number {
  const [left = [], right = []] = [a, b].map((version) => version.split(/[.-]/).map(Number));
  const index = left.findIndex((part, at) => part !== right[at]);
  return index < 0 ? 0 : (left[index] ?? 0) - (right[index] ?? 0);
}

function minor(version: string): number {
  return Number(version.split('.')[1] ?? 0);
}
