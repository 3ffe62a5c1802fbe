// `node --import catalyst-tracing/register`: set-up from the environment alone, in the process of a
// worker and, because LiveKit hands Node's own arguments on, of every job.

import { warnOnce } from './diagnostics.js';
import { setup } from './setup.js';

// Nobody has to wait: Node evaluates the application after this, and the provider is registered by then.
setup().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  warnOnce('register_failed', `Tracing could not be set up, and the process goes on: ${reason}`);
});
