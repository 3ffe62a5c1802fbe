import { createHash, randomUUID } from 'node:crypto';
import * as fs from 'node:fs';
import { readFile, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import {
  DEFAULT_MAX_SPOOL_AGE_MILLIS,
  DEFAULT_MAX_SPOOL_BYTES,
  type DeliverySettings,
} from './delivery-settings.js';
import { encodeSpoolFile, parseSpoolFile, type SpooledRequest } from './spool-file.js';

// A file's name: epoch milliseconds, hash of the URL, something unique; and its state as extension.
// Every change of state is a rename, which the file system does whole or not at all, and which only
// one of many processes succeeds with.
const READY = '.spans';
const CLAIMED = '.claimed';
const WRITING = '.tmp';
const FILE_NAME = /^(\d+)-([0-9a-f]{16})-[0-9a-f-]{36}(\.spans|\.claimed|\.tmp)$/;

/** A claim or a write that is older belongs to a process that is gone. */
const ABANDONED_MILLIS = 5 * 60 * 1000;

interface SpoolOptions {
  readonly directory: string;
  /** Only the collector that spans were meant for ever gets them. */
  readonly url: string;
  readonly maxBytes: number;
  readonly maxAgeMillis: number;
  /** Told about requests that were given up for age or room, and about files that are not whole. */
  readonly lost: (reason: string) => void;
}

/** A request that this process alone may send now. */
export interface SpoolClaim extends SpooledRequest {
  readonly path: string;
}

/**
 * A directory of requests that could not be sent, shared by any number of processes. It holds what
 * was said, so its files are for their owner's eyes only (0600).
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #target: string;

  constructor(options: SpoolOptions) {
    this.#options = options;
    this.#target = createHash('sha256').update(options.url).digest('hex').slice(0, 16);
  }

  /**
   * Writes a request; the oldest make room. Throws what the file system throws. Synchronous, since
   * the process may be exiting; without fsync, so a power cut, unlike a kill, may lose it.
   */
  save(request: SpooledRequest): void {
    const { directory, maxBytes } = this.#options;
    const file = encodeSpoolFile(request);
    if (file.length > maxBytes) throw new Error('larger than the whole spool');
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#makeRoom(file.length);
    const path = join(directory, `${Date.now()}-${this.#target}-${randomUUID()}`);
    fs.writeFileSync(path + WRITING, file, { mode: 0o600, flag: 'wx' });
    fs.renameSync(path + WRITING, path + READY);
  }

  /** Takes the oldest request that nobody else has. Undefined when there is none. */
  async claim(): Promise<SpoolClaim | undefined> {
    for (const name of await this.#list()) {
      const claimed = await this.#tryClaim(name);
      if (claimed !== undefined) return claimed;
    }
    return undefined;
  }

  /** Ends a claim: the request was sent. */
  async remove(claim: SpoolClaim): Promise<void> {
    await rm(claim.path, { force: true });
  }

  /** Ends a claim: somebody else, or the next process, shall send it. */
  async release(claim: SpoolClaim): Promise<void> {
    await rename(claim.path, claim.path.slice(0, -CLAIMED.length) + READY);
  }

  async #list(): Promise<string[]> {
    try {
      return (await readdir(this.#options.directory)).toSorted();
    } catch {
      return []; // No directory yet: nobody has written anything.
    }
  }

  async #tryClaim(name: string): Promise<SpoolClaim | undefined> {
    const [, millis, target, state] = FILE_NAME.exec(name) ?? [];
    const path = join(this.#options.directory, name);
    try {
      if (millis === undefined) return undefined;
      if (Date.now() - Number(millis) > this.#options.maxAgeMillis) {
        await rm(path, { force: true });
        if (state !== WRITING) this.#options.lost('too old');
        return undefined;
      }
      const isFree = state === READY || (await stat(path)).mtimeMs < Date.now() - ABANDONED_MILLIS;
      if (!isFree) return undefined;
      if (state === WRITING) {
        await rm(path, { force: true });
        return undefined;
      }
      if (target !== this.#target) return undefined;
      return await this.#take(path, state === CLAIMED);
    } catch {
      return undefined; // Another process was faster.
    }
  }

  async #take(path: string, wasClaimed: boolean): Promise<SpoolClaim | undefined> {
    // An abandoned claim gets a new name too: of several processes that find it, one wins.
    const free = path.replace(/\.(spans|claimed)$/, '');
    const renamed = wasClaimed ? free.replace(/[0-9a-f-]{36}$/, randomUUID()) : free;
    const own = renamed + CLAIMED;
    await rename(path, own);
    const now = new Date();
    await utimes(own, now, now);
    const request = parseSpoolFile(await readFile(own));
    if (request !== undefined) return { ...request, path: own };
    await rm(own, { force: true });
    this.#options.lost('not whole');
    return undefined;
  }

  #makeRoom(bytes: number): void {
    const { directory, maxBytes, lost } = this.#options;
    const files = fs
      .readdirSync(directory)
      .filter((name) => FILE_NAME.test(name))
      .toSorted()
      .map((name) => {
        const path = join(directory, name);
        return { path, size: fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0 };
      });
    let total = files.reduce((sum, { size }) => sum + size, 0);
    for (const { path, size } of files) {
      if (total + bytes <= maxBytes) return;
      fs.rmSync(path, { force: true });
      total -= size;
      lost('no room');
    }
  }
}

/** The spool of the settings; undefined when nothing is to be written to disk. Touches no file yet. */
export function openSpool(
  settings: DeliverySettings,
  lost: (reason: string) => void,
): Spool | undefined {
  if (settings.spoolDirectory === undefined) return undefined;
  return new Spool({
    directory: settings.spoolDirectory,
    url: settings.url,
    maxBytes: settings.maxSpoolBytes ?? DEFAULT_MAX_SPOOL_BYTES,
    maxAgeMillis: settings.maxSpoolAgeMillis ?? DEFAULT_MAX_SPOOL_AGE_MILLIS,
    lost,
  });
}
