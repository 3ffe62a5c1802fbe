import { OBSERVED_FIELDS } from './observed-fields.js';
import type { SpanMapping } from './span-mapping.js';

/** What is known of a job when the span of its session ends. */
export interface JobFacts {
  readonly durationMillis: number;
  /** Why it ended, as far as its room and its entry function tell; the session's own word goes first. */
  readonly closeReason: string | undefined;
  /** Name of the room: it may hold who calls, and follows the rules of content. */
  readonly roomName: string | undefined;
  /** Why the caller, or this job, was disconnected from the room, as LiveKit says. */
  readonly disconnectReason: string | undefined;
  /** How the caller takes part: `sip`, `web`, `ingress`, … */
  readonly participantKind: string | undefined;
  /** LiveKit's id of the room: `session.id` may be one of the application's. */
  readonly roomSid: string | undefined;
}

/** Puts how long a job's session lasted, where, with whom, and why it ended. */
export function putJob(mapping: SpanMapping, job: JobFacts): void {
  mapping.put('voice.duration_ms', job.durationMillis);
  mapping.put('voice.room.sid', job.roomSid);
  mapping.put('voice.room_name', job.roomName);
  mapping.put('voice.participant.kind', job.participantKind);
  mapping.put('voice.disconnect_reason', job.disconnectReason);
  mapping.put(OBSERVED_FIELDS.closeReason.to, job.closeReason);
}
