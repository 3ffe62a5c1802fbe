import * as fs from 'node:fs';
import { basename, join, parse } from 'node:path';
import { crc32 } from 'node:zlib';

/** One export request on disk: the resource of its process is in it, so any process can send it. */
export interface SpooledRequest {
  readonly contentType: string;
  readonly spans: number;
  readonly body: Uint8Array;
}

/** A request that this process alone may send now. */
export interface SpoolClaim extends SpooledRequest {
  readonly path: string;
  /** What names the request among the files, whatever its state. */
  readonly key: string;
  /** Whether this process has written it. */
  readonly isOwn: boolean;
}

export interface SpoolOptions {
  readonly directory: string;
  /** Only the collector that spans were meant for ever gets them. */
  readonly url: string;
  readonly maxBytes: number;
  readonly maxAgeMillis: number;
  /** Called for requests that are dropped: for age, for room, or because they are not whole. */
  readonly onLost: (reason: string, spans: number) => void;
}

// A file's name: epoch milliseconds, hash of the URL, spans, something unique; and its state as
// extension. Every change of state is a rename, which the file system does whole or not at all, and
// which only one of many processes succeeds with.
const READY = '.spans';
const CLAIMED = '.claimed';
const WRITING = '.tmp';
const FILE_NAME =
  /^(\d+)-([0-9a-f]{16})-(?:(\d+)-)?[0-9a-f]{8}-[0-9a-f-]{27}(\.spans|\.claimed|\.tmp)$/;
/** A claim or a write that is older belongs to a process that is gone. */
const ABANDONED_MILLIS = 5 * 60 * 1000;

/**
 * A directory of requests that could not be sent, shared by any number of processes. It contains
 * what was said, so only the owner can read its files (0600). Without fsync: a power cut, unlike
 * a kill, may lose what was written last.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #target: string;
  /** Of `node:crypto`, which is slow to load and which few agents need. */
  readonly #newId: () => string;
  readonly #claims = new Set<string>();
  readonly #ownKeys = new Set<string>();

  constructor(options: SpoolOptions) {
    this.#options = options;
    const { createHash, randomUUID } = process.getBuiltinModule('node:crypto');
    this.#newId = randomUUID;
    this.#target = createHash('sha256').update(options.url).digest('hex').slice(0, 16);
  }

  /** Writes a request; the oldest make room. Rejects with what the file system says. */
  async save(request: SpooledRequest): Promise<void> {
    const { directory } = this.#options;
    const { path, file } = this.#newFile(request);
    await fs.promises.mkdir(directory, { recursive: true, mode: 0o700 });
    const names = await fs.promises.readdir(directory);
    const stats = names.map(async (name) => {
      const stat = await fs.promises.stat(join(directory, name)).catch(() => undefined);
      return { name, bytes: stat?.size ?? 0 };
    });
    for (const removed of this.#filesToRemove(await Promise.all(stats), file.length)) {
      await fs.promises.rm(removed, { force: true });
    }
    try {
      await fs.promises.writeFile(path + WRITING, file, { mode: 0o600, flag: 'wx' });
      await fs.promises.rename(path + WRITING, path + READY);
      this.#ownKeys.add(keyOf(path + READY));
    } catch (error) {
      await fs.promises.rm(path + WRITING, { force: true }).catch(() => undefined);
      throw error;
    }
  }

  /** The same while the process exits, when nothing asynchronous happens any more. */
  saveSync(request: SpooledRequest): void {
    const { directory } = this.#options;
    const { path, file } = this.#newFile(request);
    fs.mkdirSync(directory, { recursive: true, mode: 0o700 });
    const files = fs.readdirSync(directory).map((name) => {
      const stat = fs.statSync(join(directory, name), { throwIfNoEntry: false });
      return { name, bytes: stat?.size ?? 0 };
    });
    for (const removed of this.#filesToRemove(files, file.length)) {
      fs.rmSync(removed, { force: true });
    }
    try {
      fs.writeFileSync(path + WRITING, file, { mode: 0o600, flag: 'wx' });
      fs.renameSync(path + WRITING, path + READY);
    } catch (error) {
      fs.rmSync(path + WRITING, { force: true });
      throw error;
    }
  }

  /** Claims the oldest request that no other process has and that is not in `skips`. */
  async claim(skips: ReadonlySet<string>): Promise<SpoolClaim | undefined> {
    // No directory yet: nobody has written anything.
    const listed = fs.promises.readdir(this.#options.directory).catch((): string[] => []);
    for (const name of (await listed).toSorted()) {
      const claimed = skips.has(keyOf(name)) ? undefined : await this.#tryClaim(name);
      if (claimed !== undefined) return claimed;
    }
    return undefined;
  }

  /** Ends a claim: the request was sent, or is dropped. */
  async remove(claim: SpoolClaim): Promise<void> {
    this.#claims.delete(claim.path);
    await fs.promises.rm(claim.path, { force: true });
  }

  /** Ends a claim: another process, or the next one, will send it. */
  async release(claim: SpoolClaim): Promise<void> {
    this.#claims.delete(claim.path);
    await fs.promises.rename(claim.path, readyPath(claim.path));
  }

  /** Ends every claim while the process exits, so that the next process need not wait for them. */
  releaseAllSync(): void {
    for (const path of this.#claims) {
      try {
        fs.renameSync(path, readyPath(path));
      } catch {
        // It was sent and removed meanwhile.
      }
    }
    this.#claims.clear();
  }

  #newFile(request: SpooledRequest): { readonly path: string; readonly file: Buffer } {
    const { directory, maxBytes } = this.#options;
    const file = encodeFile(request);
    if (file.length > maxBytes) throw new Error('larger than the whole spool');
    const name = `${Date.now()}-${this.#target}-${request.spans}-${this.#newId()}`;
    return { path: join(directory, name), file };
  }

  /** Paths of the oldest files, as many as have to go; each of them is counted as lost. */
  #filesToRemove(
    files: readonly { readonly name: string; readonly bytes: number }[],
    bytes: number,
  ): readonly string[] {
    const { directory, maxBytes, onLost } = this.#options;
    const own = files
      .filter(({ name }) => FILE_NAME.test(name))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
    let total = own.reduce((sum, file) => sum + file.bytes, bytes);
    const removed: string[] = [];
    for (const file of own) {
      if (total <= maxBytes) break;
      total -= file.bytes;
      removed.push(join(directory, file.name));
      if (!file.name.endsWith(WRITING)) onLost('no room', spansOf(file.name));
    }
    return removed;
  }

  async #tryClaim(name: string): Promise<SpoolClaim | undefined> {
    const [, millis, target, , state] = FILE_NAME.exec(name) ?? [];
    const path = join(this.#options.directory, name);
    try {
      if (millis === undefined || this.#claims.has(path)) return undefined;
      if (Date.now() - Number(millis) > this.#options.maxAgeMillis) {
        await fs.promises.rm(path);
        if (state !== WRITING) this.#options.onLost('too old', spansOf(name));
        return undefined;
      }
      if (state !== READY) {
        const { mtimeMs } = await fs.promises.stat(path);
        if (mtimeMs > Date.now() - ABANDONED_MILLIS) return undefined;
        if (state === WRITING) await fs.promises.rm(path, { force: true });
        if (state === WRITING) return undefined;
      }
      if (target !== this.#target) return undefined;
      return await this.#take(path);
    } catch {
      return undefined; // Another process was faster.
    }
  }

  async #take(path: string): Promise<SpoolClaim | undefined> {
    const own = path.endsWith(CLAIMED)
      ? // An abandoned claim gets a new name: of several processes that find it, one wins.
        path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}\.claimed$/, `${this.#newId()}${CLAIMED}`)
      : path.slice(0, -READY.length) + CLAIMED;
    await fs.promises.rename(path, own);
    this.#claims.add(own);
    const now = new Date();
    await fs.promises.utimes(own, now, now);
    const request = decodeFile(await fs.promises.readFile(own));
    const key = keyOf(own);
    if (request !== undefined) return { ...request, path: own, key, isOwn: this.#ownKeys.has(key) };
    this.#claims.delete(own);
    await fs.promises.rm(own, { force: true });
    this.#options.onLost('not whole', spansOf(own));
    return undefined;
  }
}

function readyPath(path: string): string {
  return path.slice(0, -CLAIMED.length) + READY;
}

function keyOf(path: string): string {
  return parse(path).name;
}

/** Spans of a file by its name; 1 where an earlier version of this package left the number out. */
function spansOf(path: string): number {
  return Number(FILE_NAME.exec(basename(path))?.[3] ?? 1);
}

// Layout, little endian: magic, content type (0 protobuf, 1 JSON), spans, bytes of the body, CRC-32
// of the body; then the body. Whatever a kill left behind fails one of the checks.
const MAGIC = 0x31505343; // "CSP1"
const HEADER_BYTES = 20;
const CONTENT_TYPES = ['application/x-protobuf', 'application/json'];

function encodeFile({ contentType, spans, body }: SpooledRequest): Buffer {
  const file = Buffer.alloc(HEADER_BYTES + body.length);
  file.writeUInt32LE(MAGIC, 0);
  file.writeUInt32LE(Math.max(0, CONTENT_TYPES.indexOf(contentType)), 4);
  file.writeUInt32LE(spans, 8);
  file.writeUInt32LE(body.length, 12);
  file.writeUInt32LE(crc32(body), 16);
  file.set(body, HEADER_BYTES);
  return file;
}

/** `undefined` when the file is not whole. */
function decodeFile(file: Buffer): SpooledRequest | undefined {
  if (file.length < HEADER_BYTES || file.readUInt32LE(0) !== MAGIC) return undefined;
  const contentType = CONTENT_TYPES[file.readUInt32LE(4)];
  const body = file.subarray(HEADER_BYTES);
  if (contentType === undefined || body.length !== file.readUInt32LE(12)) return undefined;
  if (crc32(body) !== file.readUInt32LE(16)) return undefined;
  return { contentType, spans: file.readUInt32LE(8), body };
}
