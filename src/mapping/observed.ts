import { LiveKitSpan } from './livekit-spans.js';
import type { ObservedFacts, SessionClosing, SttUsage } from './observed-facts.js';
import { OBSERVED_FIELDS as F } from './observed-fields.js';
import type { SpanMapping } from './span-mapping.js';

const NO_KEYS: readonly string[] = [];

/** Puts what events have told of listening and of the end of the session. */
export function putObserved(mapping: SpanMapping, name: string, facts: ObservedFacts): void {
  const { stt, closing } = facts;
  if (stt !== undefined) putSttUsage(mapping, name, stt);
  if (closing !== undefined) putClosing(mapping, closing);
}

/** The voice fields that these facts put, in place of what the span's own attributes say. */
export function observedVoiceKeys(facts: ObservedFacts | undefined): readonly string[] {
  if (facts?.stt === undefined) return NO_KEYS;
  const keys: string[] = [];
  if (facts.stt.model !== undefined) keys.push(F.turnModel.to);
  if (facts.stt.provider !== undefined) keys.push(F.turnProvider.to);
  return keys;
}

function putSttUsage(mapping: SpanMapping, name: string, stt: SttUsage): void {
  // A key of its own on the session: its turns would be added up with it otherwise.
  if (name === LiveKitSpan.AGENT_SESSION) {
    mapping.put(F.sessionAudio.to, stt.audioMillis);
    return;
  }
  mapping.put(F.turnAudio.to, stt.audioMillis);
  mapping.put(F.turnModel.to, stt.model);
  mapping.put(F.turnProvider.to, stt.provider);
}

/** Puts why a session closed. */
export function putClosing(mapping: SpanMapping, { reason, errorType }: SessionClosing): void {
  mapping.put(F.closeReason.to, reason);
  mapping.put(F.closeError.to, errorType);
}
