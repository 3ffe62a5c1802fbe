import { warnOnce } from '../diagnostics.js';
import { asText } from '../mapping/read-attributes.js';

/**
 * The session's id as `setup` was told it, the function asked with what is known of the job. The
 * function is the user's: what it throws, or gives instead of text, must not cost the session its
 * spans. Blank text and `undefined` mean that it doesn't know, and the room is used.
 */
export function readGivenSessionId<Job>(
  given: string | ((job: Job) => unknown) | undefined,
  job: () => Job,
): string | undefined {
  if (typeof given !== 'function') return given;
  try {
    const id = given(job());
    if (id === undefined || id === null) return undefined;
    if (typeof id === 'string') return asText(id.trim());
    // Nobody else waits for it: what it rejects with would end the process.
    if (id instanceof Promise) id.catch(() => undefined);
  } catch {
    // Said below: the error may hold anything.
  }
  warnOnce(
    'session_id_failed',
    'The function given as "sessionId" threw or did not return a string; the room is used.',
  );
  return undefined;
}
