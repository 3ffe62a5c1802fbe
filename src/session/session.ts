import { warnOnce } from '../diagnostics.js';
import type { Failure, SessionClosing } from '../mapping/mapping-context.js';
import { asText } from '../mapping/read-attributes.js';
import type { JobRecord } from './job.js';
import type { ObservedSession } from './observed-session.js';
import { SessionStatistics } from './session-statistics.js';
import type { SpanNode } from './span-node.js';
import type { TurnStep, UserTurn } from './turn-latency.js';

/** A speech is kept only while a tool loop can still refer to it. */
const MAX_SPEECHES = 8;

/** Between a failed attempt and the draining that it causes. An attempt is repeated after 100 ms. */
const CLOSES_WITHIN_MILLIS = 50;

export interface FailedAttempt {
  readonly request: SpanNode;
  readonly endMillis: number;
  readonly failure: Failure;
}

/** What is known of one agent session while its spans pass. */
export class Session {
  /** Where nothing else names the session: stable, and found again in the trace. */
  readonly #fallbackId: string;
  /** From the option `sessionId`. */
  readonly #configuredId: string | undefined;
  isOver = false;
  /** The job that it started in, when `tracing.job` put a span around it. */
  readonly job: JobRecord | undefined;
  /** `gen_ai.conversation.id` or the room's sid, once a span or the job has it. */
  conversationId: string | undefined;
  agentLabel: string | undefined;
  firstInput: string | undefined;
  lastOutput: string | undefined;
  observed: ObservedSession | undefined;
  /** The turn of the user that is open. */
  userTurn: SpanNode | undefined;
  /** The turn of the agent that started last, while it is open. */
  agentTurn: SpanNode | undefined;
  /** The last attempt of a model or of speech, when it failed. */
  failedAttempt: FailedAttempt | undefined;
  #endedBy: Failure | undefined;
  readonly statistics: SessionStatistics = new SessionStatistics();
  readonly userTurns: UserTurn[] = [];
  readonly #speeches = new Map<string, SpeechRecord>();

  constructor(
    fallbackId: string,
    configuredId: string | undefined,
    conversationId: string | undefined,
    job: JobRecord | undefined,
  ) {
    this.#fallbackId = fallbackId;
    this.#configuredId = configuredId;
    this.conversationId = conversationId;
    this.job = job;
  }

  get id(): string {
    return this.#configuredId ?? this.conversationId ?? this.#fallbackId;
  }

  get closing(): SessionClosing | undefined {
    return this.observed?.closing;
  }

  /** The error that ended the session: the `close` event knows, else the spans say. */
  get failure(): Failure | undefined {
    return this.closing === undefined ? this.#endedBy : this.closing.failure;
  }

  /**
   * An agent of the session is drained. LiveKit closes a session for an error within the failed
   * attempt (`_onError`, `voice/agent_session.ts`, 1.9.0): draining begins at once, and the request
   * of the attempt has not ended. Every other close comes later.
   */
  beginDraining(atMillis: number): void {
    const attempt = this.failedAttempt;
    if (attempt?.request.span === undefined) return;
    if (atMillis - attempt.endMillis <= CLOSES_WITHIN_MILLIS) this.#endedBy = attempt.failure;
  }

  /** Another agent takes over: the session was not closed. */
  takeOver(label: string): void {
    this.agentLabel = label;
    this.#endedBy = undefined;
  }

  /** What is kept of a speech, which all steps of its tool loop share (`voice/agent_activity.ts`). */
  speech(id: string): SpeechRecord {
    let speech = this.#speeches.get(id);
    if (speech !== undefined) return speech;
    speech = { input: undefined, steps: [], isCounted: false };
    this.#speeches.set(id, speech);
    const [oldest] = this.#speeches.keys();
    if (oldest !== undefined && this.#speeches.size > MAX_SPEECHES) this.#speeches.delete(oldest);
    return speech;
  }
}

/** One answer of the agent. */
interface SpeechRecord {
  /** What it answers: later steps of a tool loop do not repeat it. */
  input: string | undefined;
  readonly steps: TurnStep[];
  isCounted: boolean;
}

/**
 * The sessions below one span: of all that have ended, the first input, the last output and the last
 * end alone, since the span may be open for days.
 */
export class SessionsBelow {
  lastEnd: Pick<Session, 'closing' | 'failure'> | undefined;
  readonly open: Set<Session> = new Set();
  #firstInput: string | undefined;
  #lastOutput: string | undefined;

  end(session: Session): void {
    if (!this.open.delete(session)) return;
    const { firstInput, lastOutput, closing, failure } = session;
    this.#firstInput ??= firstInput;
    this.#lastOutput = lastOutput ?? this.#lastOutput;
    this.lastEnd = { closing, failure };
  }

  get input(): string | undefined {
    let input = this.#firstInput;
    for (const { firstInput } of this.open) input ??= firstInput;
    return input;
  }

  get output(): string | undefined {
    let output = this.#lastOutput;
    for (const { lastOutput } of this.open) output = lastOutput ?? output;
    return output;
  }
}

/**
 * The answer of the option `sessionId`. As a function it is the user's code: whatever it throws or
 * returns must not cost the session its spans. Blank text and `undefined` mean that it does not
 * know, and the room is used.
 */
export function readSessionId<Job>(
  option: string | ((job: Job) => unknown) | undefined,
  job: () => Job,
): string | undefined {
  if (typeof option !== 'function') return option;
  try {
    const id = option(job());
    if (id === undefined || id === null) return undefined;
    if (typeof id === 'string') return asText(id.trim());
    // Nobody else waits for a promise, and an unhandled rejection would end the process.
    Promise.resolve(id).catch(() => undefined);
  } catch {
    // The error may contain anything and is not logged.
  }
  warnOnce(
    'session_id_failed',
    'The function of the option "sessionId" threw or did not return a string; the room is used.',
  );
  return undefined;
}
