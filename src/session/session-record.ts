import { SessionTally } from './session-tally.js';
import type { JobRecord } from './job-record.js';
import type { ObservedSession } from './observed-session.js';
import type { SpanNode } from './span-node.js';

/** Spoken words are kept only while a tool loop can still refer to them. */
const MAX_SPEECHES = 8;

/** What is known of one agent session while its spans pass. */
export class SessionRecord {
  /** Name of last resort for the session: stable, and found again in the trace. */
  readonly fallbackId: string;
  /** The id that `setup` was given for it. */
  readonly givenId: string | undefined;
  /** `gen_ai.conversation.id` or the room's sid, once a span or the job has told it. */
  conversationId: string | undefined;
  /** Label of the agent in charge. */
  agentLabel: string | undefined;
  firstInput: string | undefined;
  lastOutput: string | undefined;
  /** What the session's events have told, when it is observed. */
  observed: ObservedSession | undefined;
  /** The turn of the user that is open. */
  userTurn: SpanNode | undefined;
  /** The job that it started in, when the application put a span around it. */
  job: JobRecord | undefined;
  /** Counts what the session's spans say. */
  readonly tally: SessionTally = new SessionTally();
  readonly #inputBySpeech = new Map<string, string>();

  constructor(fallbackId: string, givenId: string | undefined) {
    this.fallbackId = fallbackId;
    this.givenId = givenId;
  }

  get id(): string {
    return this.conversationId ?? this.fallbackId;
  }

  hear(input: string | undefined): void {
    this.firstInput ??= input;
  }

  answer(output: string | undefined): void {
    if (output !== undefined) this.lastOutput = output;
  }

  /** Remembers which words a speech answers: later steps of its tool loop do not repeat them. */
  rememberSpeech(speechId: string, input: string): void {
    this.#inputBySpeech.set(speechId, input);
    if (this.#inputBySpeech.size <= MAX_SPEECHES) return;
    const [oldest] = this.#inputBySpeech.keys();
    if (oldest !== undefined) this.#inputBySpeech.delete(oldest);
  }

  inputOfSpeech(speechId: string): string | undefined {
    return this.#inputBySpeech.get(speechId);
  }
}
