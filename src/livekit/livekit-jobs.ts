import { types } from 'node:util';
import { attempt, warnOnce } from '../diagnostics.js';
import { asFiniteNumber, asText, isRecord } from '../mapping/read-attributes.js';
import {
  livekitPresence,
  loadedLiveKitModules,
  type LiveKitJobContext,
  type LiveKitModule,
} from './livekit-module.js';

type EndingJob = Pick<LiveKitJobContext, 'addShutdownCallback'>;

/** The jobs that run in this process: which one is running now, and what to do when it ends. */
export class LiveKitJobs {
  /** The copies that are connected. */
  readonly modules: LiveKitModule[] = [];
  /** Copies that nobody connected: they are asked whether redaction is enforced, and nothing else. */
  #unconnected: readonly LiveKitModule[] = [];
  #hasLooked = false;
  /** LiveKit is loaded, and no copy of it is found, or not yet. */
  #isLost = false;
  readonly #hooked = new WeakMap<EndingJob, (() => void)[]>();
  readonly #onJobEnd: () => Promise<void>;

  constructor(onJobEnd: () => Promise<void>) {
    this.#onJobEnd = onJobEnd;
  }

  /** The job that this is called in; LiveKit keeps it in async-local storage (`job.ts`). */
  current(): LiveKitJobContext | undefined {
    return currentJob(this.modules);
  }

  /** LiveKit's own task (`utils.ts`) in which this is called: the innermost of nested ones. */
  currentTask(): object | undefined {
    for (const { Task } of this.modules) {
      const task = Task?.current?.();
      if (typeof task === 'object' && task !== null) return task;
    }
    return undefined;
  }

  /** Sid of the room of the running job. LiveKit knows it from the start, connected or not. */
  roomSid(): string | undefined {
    return asText(this.current()?.job?.room?.sid);
  }

  /**
   * Whether the running job's project, or its `record: { redaction: true }`, enforces redaction;
   * `undefined` while nobody can be asked. LiveKit marks spans with it only where it records to
   * LiveKit Cloud, and its own filter asks the job as well: so does this. A question that throws
   * counts as a yes.
   */
  enforcesRedaction(): boolean | undefined {
    if (this.#isLost && this.modules.length === 0) return undefined;
    const others = this.#unconnected;
    const modules = others.length === 0 ? this.modules : [...this.modules, ...others];
    try {
      const job = currentJob(modules);
      // A fake job, and one that records nothing else, hears nothing of it (`job.ts`, 1.9.0).
      if (job?.job?.enableRedaction || job?._primaryAgentSession?._redactionEnabled) return true;
      return modules.some(({ telemetry }) => telemetry.redactionEnabled?.() === true);
    } catch {
      return true;
    }
  }

  /**
   * Looks for the copies that LiveKit's spans come from without a connection, through the global
   * provider or one of the application's own. To be called with every span of LiveKit's: it looks
   * once, since LiveKit that has made a span is loaded. Never rejects.
   */
  findCopies(): Promise<void> | undefined {
    if (this.modules.length > 0 || this.#hasLooked) return undefined;
    this.#hasLooked = true;
    return livekitPresence() === 'loaded' ? this.#look() : undefined;
  }

  async #look(): Promise<void> {
    this.#isLost = true;
    // Where looking fails, nobody can be asked, and content stays withheld.
    this.#unconnected = await loadedLiveKitModules().catch(() => []);
    this.#isLost = this.#unconnected.length === 0;
    if (!this.#isLost || this.modules.length > 0) return;
    warnOnce(
      'redaction_unknown',
      'LiveKit was not found, as in a bundle, so it cannot be asked whether redaction is enforced: content is withheld. Pass `import * as livekitAgents from "@livekit/agents"` to setup() as modules.livekitAgents.',
    );
  }

  /**
   * Has the running job flush when it ends: LiveKit leaves the job's process with `process.exit(0)`
   * and flushes nobody's provider. Once for each job.
   */
  hookCurrent(): void {
    const job = this.current();
    if (job !== undefined) this.#hook(job);
  }

  /** Has something done when a job ends, before the flush: LiveKit runs its callbacks side by side. */
  beforeEnd(job: EndingJob, work: () => void): void {
    this.#hook(job).push(work);
  }

  #hook(job: EndingJob): (() => void)[] {
    const known = this.#hooked.get(job);
    if (known !== undefined) return known;
    const works: (() => void)[] = [];
    job.addShutdownCallback(() => {
      for (const work of works) work();
      return this.#onJobEnd();
    });
    this.#hooked.set(job, works);
    return works;
  }
}

/** Early versions (1.0.51 among them) know no `false` and throw outside a job. */
function currentJob(modules: readonly LiveKitModule[]): LiveKitJobContext | undefined {
  for (const { getJobContext } of modules) {
    try {
      const job = getJobContext?.(false);
      if (job !== undefined) return job;
    } catch {
      // Outside a job.
    }
  }
  return undefined;
}

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

/** `DisconnectReason` of LiveKit's protocol (`livekit_models.proto`), by number. */
// prettier-ignore
const DISCONNECT_REASONS: readonly (string | undefined)[] = [
  undefined, 'client_initiated', 'duplicate_identity', 'server_shutdown', 'participant_removed',
  'room_deleted', 'state_mismatch', 'join_failure', 'migration', 'signal_close', 'room_closed',
  'user_unavailable', 'user_rejected', 'sip_trunk_failure', 'connection_timeout', 'media_failure',
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
  /** Kind of the first participant that is no agent. */
  participantKind: string | undefined;
  readonly #present = new Set<unknown>();
  #hasLeft = false;
  #roomReason: string | undefined;
  #callerReason: string | undefined;

  watch(room: unknown): void {
    if (!isRoom(room)) return;
    const look = (): void => {
      const present: unknown = Reflect.get(room, 'remoteParticipants');
      if (types.isMap(present)) for (const participant of present.values()) this.#join(participant);
    };
    const listen = (event: string, read: (value: unknown) => void): unknown =>
      room.on(event, (value) => attempt('Watching a room', () => read(value)));
    look();
    // Who is there before this job connects joins without an event.
    listen('connectionStateChanged', look);
    listen('participantConnected', (participant) => this.#join(participant));
    listen('participantDisconnected', (participant) => this.#leave(participant));
    listen('disconnected', (reason) => {
      this.#roomReason ??= disconnectReasonOf(reason);
    });
  }

  /** Why the room ended for this job; `undefined` when the job itself decided. */
  get closeReason(): string | undefined {
    const closing = CLOSE_REASONS.get(this.#roomReason ?? '');
    if (closing !== undefined) return closing;
    return this.#hasLeft && this.#present.size === 0 ? 'participant_disconnected' : undefined;
  }

  get disconnectReason(): string | undefined {
    return this.#callerReason ?? this.#roomReason;
  }

  #join(participant: unknown): void {
    const kind = kindOf(participant);
    if (kind === AGENT) return;
    this.participantKind ??= kind;
    this.#present.add(participant);
  }

  #leave(participant: unknown): void {
    if (kindOf(participant) === AGENT) return;
    this.#present.delete(participant);
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

function disconnectReasonOf(reason: unknown): string | undefined {
  return DISCONNECT_REASONS[asFiniteNumber(reason) ?? 0];
}

function kindOf(participant: unknown): string | undefined {
  if (!isRecord(participant)) return undefined;
  return KINDS.get(asFiniteNumber(participant['kind']) ?? -1);
}
