import { isDeepStrictEqual } from 'node:util';
import type { CatalystTracing } from './catalyst-tracing.js';
import { createDisabledTracing, createTracing, type CreatedTracing } from './create-tracing.js';
import { reasonOf, setDebug, warnOnce } from './diagnostics.js';
import { isCatalystTracingError } from './errors.js';
import { claimProcess, liveSetup, releaseProcess, type LiveSetup } from './live-tracing.js';
import { resolveOptions, warnWithoutEndpoint } from './options/resolve-options.js';
import type { SetupOptions } from './options/setup-options.js';

/**
 * Starts tracing: builds an OpenTelemetry tracer provider that sends OpenInference spans over
 * OTLP/HTTP, registers it for the process and with LiveKit, and returns the handle to flush and
 * shut it down. Call it once, before an `AgentSession` starts; in a LiveKit worker at module level,
 * so that it also runs in the process of every job. The provider is registered before `setup()`
 * returns its promise.
 *
 * Every value may come from the environment instead: `CATALYST_OTLP_ENDPOINT` and
 * `CATALYST_OTLP_TOKEN` are enough. Rejects with `InvalidOptionError` on an option that cannot be
 * used, and with nothing else: a bad variable warns, and anything unexpected leaves tracing off with
 * one warning. A second call returns the live handle, and warns if its options are others.
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
  let settle: (tracing: Promise<CatalystTracing>) => void = ignore;
  const slot: LiveSetup = {
    pending: new Promise((resolve) => {
      settle = resolve;
    }),
    tracing: undefined,
    ownsSpan: undefined,
  };
  // Claimed first, so that a call that comes meanwhile finds it. Started in the same tick, so that a
  // session which starts right after the call, as behind `require('catalyst-tracing/register')`,
  // finds the provider.
  claimProcess(slot);
  settle(start(slot, options));
  return slot.pending;
}

/** `catalyst-tracing/register`: sets up from the environment alone. Never rejects. */
export async function setupFromEnvironment(): Promise<void> {
  try {
    await setup();
  } catch (error) {
    warnOnce(
      'register_failed',
      `Tracing could not be set up, and the process goes on: ${reasonOf(error)}`,
    );
  }
}

/** Replaced when the promise's executor runs, which is at once. */
function ignore(): void {}

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

async function start(slot: LiveSetup, options: SetupOptions | undefined): Promise<CatalystTracing> {
  const release = (): void => releaseProcess(slot);
  let serviceName = 'livekit-agent';
  let created: CreatedTracing;
  try {
    slot.hasOptions = createOptionsCheck(options);
    const resolved = resolveOptions(options);
    serviceName = resolved.serviceName;
    slot.resolved = resolved;
    setDebug(resolved.debug);
    warnWithoutEndpoint(resolved);
    created = resolved.disabled
      ? createDisabledTracing(serviceName, 'tracing is disabled by the environment', release)
      : await createTracing(resolved, release);
  } catch (error) {
    if (isCatalystTracingError(error)) {
      release();
      throw error;
    }
    const reason = `setup() failed unexpectedly: ${reasonOf(error)}`;
    warnOnce('setup_failed', `${reason}. Tracing is off, and the application goes on.`);
    claimProcess(slot);
    created = createDisabledTracing(serviceName, reason, release);
  }
  slot.tracing = created.tracing;
  slot.ownsSpan = created.ownsSpan;
  return created.tracing;
}
