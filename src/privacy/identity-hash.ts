import { createHmac } from 'node:crypto';
import type { HashableField } from './redaction-options.js';
import type { ResolvedHash } from './resolve-redaction.js';

const MAX_REMEMBERED_HASHES = 1_024;

/** The keys under which an identity goes out, whatever tracer wrote it. */
const FIELD_BY_KEY: ReadonlyMap<string, HashableField> = new Map([
  ['user.id', 'user.id'],
  ['enduser.id', 'user.id'],
  ['langfuse.user.id', 'user.id'],
  ['langfuse.trace.user_id', 'user.id'],
  ['traceloop.association.properties.user_id', 'user.id'],
  ['ai.telemetry.metadata.userId', 'user.id'],
  ['gen_ai.user', 'user.id'],
  ['llm.user', 'user.id'],
  ['lk.participant_identity', 'participant.identity'],
  ['lk.pii.participant_identity', 'participant.identity'],
  ['participant.identity', 'participant.identity'],
  ['lk.room_name', 'room.name'],
  ['lk.pii.room_name', 'room.name'],
  ['room.name', 'room.name'],
]);

/** Gives an identity another name that stays the same. */
export class IdentityHash {
  readonly #hash: ResolvedHash;
  readonly #remembered = new Map<string, string>();

  constructor(hash: ResolvedHash) {
    this.#hash = hash;
  }

  /** The hash to send under this key; `undefined` when the key names nobody who is to be hashed. */
  hash(key: string, value: string): string | undefined {
    const field = FIELD_BY_KEY.get(key);
    if (field === undefined || !this.#hash.fields.has(field)) return undefined;
    const known = this.#remembered.get(value);
    if (known !== undefined) return known;
    const digest = createHmac('sha256', this.#hash.key).update(value).digest('hex');
    const hashed = `hmac-sha256:${digest}`;
    if (this.#remembered.size >= MAX_REMEMBERED_HASHES) this.#remembered.clear();
    this.#remembered.set(value, hashed);
    return hashed;
  }
}
