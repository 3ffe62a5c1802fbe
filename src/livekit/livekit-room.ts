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

/** `DisconnectReason` of LiveKit's protocol (`livekit_models.proto`). */
const DISCONNECT_REASONS: readonly (string | undefined)[] = [
  undefined,
  'client_initiated',
  'duplicate_identity',
  'server_shutdown',
  'participant_removed',
  'room_deleted',
  'state_mismatch',
  'join_failure',
  'migration',
  'signal_close',
  'room_closed',
  'user_unavailable',
  'user_rejected',
  'sip_trunk_failure',
  'connection_timeout',
  'media_failure',
];

/** Reasons that end a session. Not among them is that the job leaves, as each does at its end. */
const CLOSE_REASONS: ReadonlyMap<string, string> = new Map([
  ['participant_removed', 'participant_removed'],
  ['room_deleted', 'room_deleted'],
  ['room_closed', 'room_closed'],
  ['signal_close', 'connection_lost'],
  ['sip_trunk_failure', 'sip_trunk_failure'],
  ['connection_timeout', 'connection_lost'],
]);

/**
 * Listens to the room of a job for who takes part and how it ended, through its public events
 * (`rtc-node`, `room.ts`). The room is described by its shape, so that none of it is loaded.
 */
export class RoomWatch {
  #kind: string | undefined;
  #present = 0;
  #hasLeft = false;
  #roomReason: string | undefined;
  #callerReason: string | undefined;

  constructor(room: unknown) {
    if (!isRoom(room)) return;
    for (const participant of participantsOf(room)) this.#join(participant);
    room.on('participantConnected', (participant) => this.#join(participant));
    room.on('participantDisconnected', (participant) => this.#leave(participant));
    room.on('disconnected', (reason) => {
      this.#roomReason ??= disconnectReasonOf(reason);
    });
  }

  /** Kind of the first participant that is no agent. */
  get participantKind(): string | undefined {
    return this.#kind;
  }

  /** Why the room ended for this job; `undefined` when the job itself decided. */
  get closeReason(): string | undefined {
    const closing = CLOSE_REASONS.get(this.#roomReason ?? '');
    if (closing !== undefined) return closing;
    return this.#hasLeft && this.#present === 0 ? 'participant_disconnected' : undefined;
  }

  /** Why the last caller left, else why the room ended for this job. */
  get disconnectReason(): string | undefined {
    return this.#callerReason ?? this.#roomReason;
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
    const reason = isRecord(participant) ? participant['disconnectReason'] : undefined;
    this.#callerReason = disconnectReasonOf(reason) ?? this.#callerReason;
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

function disconnectReasonOf(reason: unknown): string | undefined {
  return DISCONNECT_REASONS[asFiniteNumber(reason) ?? 0];
}

function kindOf(participant: unknown): string | undefined {
  if (!isRecord(participant)) return undefined;
  return KINDS.get(asFiniteNumber(participant['kind']) ?? -1);
}
