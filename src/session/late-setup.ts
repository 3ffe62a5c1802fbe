import { warnOnce } from '../diagnostics.js';
import { LiveKitSpan } from '../mapping/livekit-spans.js';

/**
 * Spans that LiveKit opens in a running `AgentSession` and nowhere else. A model that is used alone
 * has `llm_request` or `tts_request` without any session.
 */
const ONLY_IN_SESSION: ReadonlySet<string> = new Set([
  LiveKitSpan.START_AGENT_ACTIVITY,
  LiveKitSpan.RESUME_AGENT_ACTIVITY,
  LiveKitSpan.USER_TURN,
  LiveKitSpan.AGENT_TURN,
  LiveKitSpan.AGENT_SPEAKING,
]);

/** Says once what is missing when a span shows a session that began before tracing did. */
export function warnOfLateSetup(spanName: string): void {
  if (!ONLY_IN_SESSION.has(spanName)) return;
  warnOnce(
    'late_setup',
    'An AgentSession started before tracing was set up: its agent_session span and all that came before are missing, and each of its turns is a trace of its own. Call setup() before session.start(); in a worker, at module level.',
  );
}
