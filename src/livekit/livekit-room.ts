import { asFiniteNumber, isRecord } from '../mapping/read-attributes.js';

/** `ParticipantKind` of LiveKit's protocol. Its browser clients are `STANDARD`. */
const KINDS: ReadonlyMap<number, string> = new Map([
  [0, 'web'],
  [1, 'ingress'],
  [2, 'egress'],
  [3, 'sip'],
  [4, 'agent'],
  [7, 'connector'],
  [8, 'bridge'],
]);
const AGENT = 'agent';

/**
 * `DisconnectReason` of LiveKit's protocol. Left out is `CLIENT_INITIATED`: every job leaves its
 * room itself before its shutdown callbacks run.
 */
const DISCONNECT_REASONS: ReadonlyMap<number, string> = new Map([
  [4, 'participant_removed'],
  [5, 'room_deleted'],
  [10, 'room_closed'],
  [9, 'connection_lost'],
  [13, 'sip_trunk_failure'],
  [14, 'connection_lost'],
]);

/**
 * Listens to the room of a job for who takes part and how it ended, through its public events
 * (`rtc-node`, `room.ts`). The room is described by its shape, so that none of it is loaded.
 */
export class RoomWatch {
  #kind: string | undefined;
  #present = 0;
  #hasLeft = false;
  #disconnectReason: string | undefined;

  constructor(room: unknown) {
    if (!isRoom(room)) return;
    for (const participant of participantsOf(room)) this.#join(participant);
    room.on('participantConnected', (participant) => this.#join(participant));
    room.on('participantDisconnected', (participant) => this.#leave(participant));
    room.on('disconnected', (reason) => {
      this.#disconnectReason ??= DISCONNECT_REASONS.get(asFiniteNumber(reason) ?? -1);
    });
  }

  /** Kind of the first participant that is no agent. */
  get participantKind(): string | undefined {
    return this.#kind;
  }

  /** Why the room ended for this job; `undefined` when the job itself decided. */
  get closeReason(): string | undefined {
    if (this.#disconnectReason !== undefined) return this.#disconnectReason;
    return this.#hasLeft && this.#present === 0 ? 'participant_disconnected' : undefined;
  }

  #join(participant: unknown): void {
    const kind = kindOf(participant);
    if (kind === AGENT) return;
    this.#kind ??= kind;
    this.#present += 1;
  }

  #leave(participant: unknown): void {
    if (kindOf(participant) === AGENT) return;
    this.#present = Math.max(0, this.#present - 1);
    this.#hasLeft = true;
  }
}

interface LiveKitRoom {
  on(event: string, listener: (value: unknown) => void): unknown;
}

function isRoom(value: unknown): value is LiveKitRoom {
  return isRecord(value) && typeof value['on'] === 'function';
}

function participantsOf(room: LiveKitRoom): readonly unknown[] {
  const participants: unknown = Reflect.get(room, 'remoteParticipants');
  return participants instanceof Map ? [...participants.values()] : [];
}

function kindOf(participant: unknown): string | undefined {
  if (!isRecord(participant)) return undefined;
  return KINDS.get(asFiniteNumber(participant['kind']) ?? -1);
}
