import { isDeepStrictEqual } from 'node:util';
import type { CatalystTracing } from './catalyst-tracing.js';
import { createTracing } from './create-tracing.js';
import { setDebug, warnOnce } from './diagnostics.js';
import { createDisabledTracing } from './disabled-tracing.js';
import { claimProcess, liveSetup, releaseProcess, type LiveSetup } from './live-tracing.js';
import { resolveOptions, type ResolvedOptions } from './options/resolve-options.js';
import type { SetupOptions } from './options/setup-options.js';

/**
 * Starts tracing: builds an OpenTelemetry tracer provider that sends OpenInference spans over
 * OTLP/HTTP, registers it for the process and with LiveKit, and returns the handle to flush and
 * shut it down. Call it once, before an `AgentSession` starts; in a LiveKit worker at module level,
 * so that it also runs in the process of every job, before there is a call: a short rehearsal then
 * has V8 compile what the call will run (some 20 ms of the main thread's CPU, once in a process).
 *
 * Every value may come from the environment instead: `CATALYST_OTLP_ENDPOINT` and
 * `CATALYST_OTLP_TOKEN` are enough. Rejects with `InvalidOptionError` on an option that cannot be
 * used; a bad variable warns. A second call returns the live handle, and warns if its options
 * are others.
 *
 * @example
 * const tracing = await setup({ serviceName: 'support-agent' });
 * // …
 * await tracing.shutdown();
 */
export async function setup(options?: SetupOptions): Promise<CatalystTracing> {
  const live = liveSetup();
  if (live !== undefined) {
    if (options !== undefined && live.hasOptions?.(options) !== true) {
      warnOnce(
        'setup_twice',
        'setup() was called again: the live tracing stays as it is and the new options are not used. Call shutdown() first to change them.',
      );
    }
    return live.pending;
  }
  const resolved = resolveOptions(options);
  setDebug(resolved.debug);
  const slot: LiveSetup = {
    // Started when the slot is claimed, so that a call that comes meanwhile finds it.
    pending: Promise.resolve().then(() => start(slot, resolved)),
    resolved,
    tracing: undefined,
    ownsSpan: undefined,
    hasOptions: createOptionsCheck(options),
  };
  claimProcess(slot);
  return slot.pending;
}

/** Compares with a copy: the caller may go on to change its object. */
function createOptionsCheck(options: SetupOptions | undefined): (others: unknown) => boolean {
  const own = { ...options };
  return (others) => {
    try {
      return isDeepStrictEqual(own, others);
    } catch {
      return false;
    }
  };
}

async function start(slot: LiveSetup, resolved: ResolvedOptions): Promise<CatalystTracing> {
  try {
    const created = resolved.disabled
      ? createDisabledTracing(resolved, () => releaseProcess(slot))
      : await createTracing(resolved, () => releaseProcess(slot));
    slot.tracing = created.tracing;
    slot.ownsSpan = created.ownsSpan;
    return created.tracing;
  } catch (error) {
    releaseProcess(slot);
    throw error;
  }
}
