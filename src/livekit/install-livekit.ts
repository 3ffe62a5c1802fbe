import type { Context, Span, TracerProvider } from '@opentelemetry/api';
import { trace } from '@opentelemetry/api';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { CatalystTracing, InstallResult } from '../catalyst-tracing.js';
import { debug, reasonOf, warnOnce } from '../diagnostics.js';
import {
  CatalystInstrumentationError,
  InvalidSdkInputError,
  InvalidTracerInputError,
} from '../errors.js';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';
import { isRecord } from '../mapping/read-attributes.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { isTracerProvider } from '../provider/global-registration.js';
import {
  connectLiveKit,
  leadsTo,
  livekitConnectorOf,
  type LiveKitConnection,
} from './connect-livekit.js';
import type { LiveKitJobs } from './livekit-jobs.js';
import {
  asLiveKitModule,
  type LiveKitModule,
  livekitPresence,
  loadedCommonJsCopies,
  loadedEsmCopy,
  takesProcessors,
} from './livekit-module.js';

/** The name that `modules` and `installResults` know LiveKit by. */
export const LIVEKIT_NAME = 'livekitAgents';

export interface LiveKitInstallerOptions {
  readonly connection: LiveKitConnection;
  readonly jobs: LiveKitJobs;
  /** Whether a LiveKit that loads later finds our provider: it is the process's, for its API too. */
  readonly isGlobal: boolean;
  /** What the user should know of the registration; goes into the result. */
  readonly note: string | undefined;
}

const NOT_FOUND =
  'LiveKit is in this process and was not found, as in a bundle: its spans may arrive, without content, and LiveKit Cloud needs the connection. Pass `import * as livekitAgents from "@livekit/agents"` to setup() as modules.livekitAgents';
const OTHER_PROVIDER =
  'LiveKit sends its spans to another tracer provider, so none of its sessions arrives here: telemetry.setTracerProvider() was called after setup(). Leave that call out, or call it before setup(), or put createOpenInferenceSpanProcessor() into that provider';

/** Connects the copy that the application passes, or whatever copies it loads. */
export class LiveKitInstaller {
  readonly #options: LiveKitInstallerOptions;
  #result: InstallResult | undefined;
  /** Whether a copy that asks our provider for a tracer is looked for. */
  #isWatching = false;
  /** Looking for copies or connecting one: each asks for a tracer meanwhile. */
  #isBusy = false;

  constructor(options: LiveKitInstallerOptions) {
    this.#options = options;
  }

  /** Empty when nobody asked for LiveKit. */
  get results(): readonly InstallResult[] {
    return this.#result === undefined ? [] : [this.#result];
  }

  install(module: unknown): InstallResult {
    const livekit = asLiveKitModule(module);
    if (livekit !== undefined) return this.#connect([livekit]);
    return this.#warn(
      'livekit_module',
      'modules.livekitAgents is not the namespace of an @livekit/agents that has telemetry (1.0.19 and newer, not 1.1.0): pass `import * as livekitAgents`',
    );
  }

  /**
   * Connects every copy that the process has loaded, and otherwise waits until LiveKit is loaded. A
   * CommonJS copy is connected before this returns, so that a session may start in the same tick.
   */
  async installLoaded(): Promise<InstallResult> {
    try {
      const presence = livekitPresence();
      this.#isWatching = this.#options.isGlobal;
      if (presence === 'loaded') return await this.#connectLoaded();
      if (presence === 'absent') {
        return this.#report('unavailable', '@livekit/agents is not installed');
      }
      if (this.#isWatching) {
        return this.#report(
          'pending',
          '@livekit/agents is installed and not loaded; it is connected when it loads',
        );
      }
    } catch (error) {
      return this.#warnOfSearch(error);
    }
    return this.#warn(
      'livekit_not_loaded',
      '@livekit/agents was not loaded when setup() ran, and its spans would not come here by themselves, since something else is registered with OpenTelemetry: import it before setup(), or pass it as modules.livekitAgents',
    );
  }

  /**
   * To be called when LiveKit asks our provider for a tracer. A copy that was connected has asked
   * while it was. Any other asks by itself, as the global provider's user: while it loads, or with its
   * first span when it was loaded before. It is connected then, or named when it cannot be found.
   */
  onTracer(): void {
    if (!this.#isWatching || this.#isBusy) return;
    this.#isBusy = true;
    // A CommonJS copy is whole once the call that loads it has returned.
    Promise.resolve()
      .then(() => this.#connectLoaded())
      .catch((error: unknown) => this.#warnOfSearch(error));
  }

  /**
   * Warns once when LiveKit's spans go to a provider that does not lead here. For the moments when a
   * session starts or ends, where {@link onContext} is not called: with the context manager of
   * somebody else.
   */
  checkProvider(): void {
    const { connection, jobs } = this.#options;
    if (jobs.modules.every((module) => leadsTo(connection.provider, module))) return;
    this.#warn('livekit_other_provider', OTHER_PROVIDER);
  }

  /**
   * To be called when a context is entered. A LiveKit span in it that does not come through our
   * processor belongs to a session that starts on another provider.
   */
  onContext(entered: Context, isOpen: (spanId: string) => boolean): void {
    const span = trace.getSpan(entered);
    if (span === undefined || !isLiveKitSpan(span) || !span.isRecording()) return;
    if (isOpen(span.spanContext().spanId)) return;
    if (this.#options.jobs.modules.length > 0) this.checkProvider();
    else this.#warn('livekit_other_provider', OTHER_PROVIDER);
  }

  /** Connects the copies that are loaded and not connected. There is one: it warns otherwise. */
  async #connectLoaded(): Promise<InstallResult> {
    const { modules } = this.#options.jobs;
    const isNew = (module: LiveKitModule): boolean => !modules.includes(module);
    this.#isBusy = true;
    try {
      const commonJs = loadedCommonJsCopies().filter(isNew);
      const result = commonJs.length > 0 ? this.#connect(commonJs) : undefined;
      const esm = await loadedEsmCopy();
      if (esm !== undefined && isNew(esm)) return this.#connect([esm]);
      return result ?? this.#warn('livekit_not_found', NOT_FOUND);
    } finally {
      this.#isBusy = false;
    }
  }

  #connect(modules: readonly LiveKitModule[]): InstallResult {
    const { connection, jobs, note } = this.#options;
    const wasBusy = this.#isBusy;
    this.#isBusy = true;
    try {
      for (const module of modules) {
        const isKnown = jobs.modules.includes(module);
        // Twice, LiveKit up to 1.5.0 would be followed twice, and its spans sent twice.
        if (isKnown && leadsTo(connection.provider, module)) continue;
        connectLiveKit(module, connection);
        if (!isKnown) jobs.modules.push(module);
      }
    } catch (error) {
      return this.#warn(
        'livekit_failed',
        `LiveKit did not take the tracer provider: ${reasonOf(error)}`,
      );
    } finally {
      this.#isBusy = wasBusy;
    }
    debug(`LiveKit connected: ${modules.map(({ version }) => version ?? 'unknown').join(', ')}`);
    return this.#setResult(installedRow(jobs.modules, note));
  }

  #warnOfSearch(error: unknown): InstallResult {
    return this.#warn('livekit_not_found', `LiveKit could not be looked for: ${reasonOf(error)}`);
  }

  #warn(code: string, reason: string): InstallResult {
    warnOnce(code, `${reason}.`);
    return this.#report('failed', reason);
  }

  #report(status: InstallResult['status'], reason: string): InstallResult {
    debug(`LiveKit not connected: ${reason}`);
    return this.#setResult({ name: LIVEKIT_NAME, status, installed: false, reason });
  }

  #setResult(result: InstallResult): InstallResult {
    this.#result = Object.freeze(result);
    return result;
  }
}

function installedRow(modules: readonly LiveKitModule[], reason?: string): InstallResult {
  const versions = [...new Set(modules.flatMap(({ version }) => version ?? []))];
  return {
    name: LIVEKIT_NAME,
    status: 'installed',
    installed: true,
    ...(versions.length > 0 && { version: versions.join(', ') }),
    ...(reason !== undefined && { reason }),
  };
}

/** Under the name of SDK 2.x or 1.x: the provider may be the application's. */
function isLiveKitSpan(span: Span): boolean {
  const scope: unknown =
    Reflect.get(span, 'instrumentationScope') ?? Reflect.get(span, 'instrumentationLibrary');
  return isRecord(scope) && scope['name'] === LIVEKIT_SCOPE_NAME;
}

/**
 * What `setTracerProvider` of LiveKit is passed as `allowPii`. Nothing where nobody set anything: a
 * value passed wins over its own variable, and its default may change.
 */
export function configuredAllowPii({
  sources,
  privacy,
}: Pick<ResolvedOptions, 'sources' | 'privacy'>): boolean | undefined {
  const source = sources['privacy.allowPii']?.[0] ?? 'default';
  return source === 'default' ? undefined : privacy.flags.allowPii;
}

/**
 * Connects one copy of LiveKit, passed as `import * as livekitAgents from '@livekit/agents'`, to the
 * tracing that `setup()` returned, or to a tracer provider. Only needed where `setup()` cannot find
 * the copy by itself and `modules.livekitAgents` is not at hand. Doing it twice does no harm.
 *
 * Throws `InvalidSdkInputError` when `module` is not LiveKit with telemetry, and
 * `InvalidTracerInputError` when `target` is neither tracing nor a usable provider. Tracing that is
 * disabled or was shut down is no error: the result has the reason.
 */
export function instrumentLiveKitAgents(
  module: unknown,
  target: CatalystTracing | TracerProvider,
): InstallResult {
  return installLiveKitAgentsInstrumentation(module, providerOf(target));
}

/**
 * Connects one copy of LiveKit to a tracer provider of your own. LiveKit must be able to add span
 * processors to it: that is how it applies a redaction which the project mandates, and how LiveKit
 * Cloud keeps its traces. An OpenTelemetry 2.x provider takes processors at construction only, so
 * give it one of `createOpenInferenceSpanProcessor()` and pass the same one here.
 *
 * Throws `InvalidSdkInputError` when `module` is not LiveKit with telemetry, and
 * `InvalidTracerInputError` when `provider` is not a provider or cannot be added to.
 */
export function installLiveKitAgentsInstrumentation(
  module: unknown,
  provider: TracerProvider,
  spanProcessor?: SpanProcessor,
): InstallResult {
  const livekit = asLiveKitModule(module);
  if (livekit === undefined) {
    throw new InvalidSdkInputError(
      'What was passed as LiveKit has no telemetry.setTracerProvider: pass the namespace, `import * as livekitAgents from "@livekit/agents"`, of version 1.0.19 or newer.',
    );
  }
  if (!isTracerProvider(provider)) {
    throw new InvalidTracerInputError(
      'What was passed as a tracer provider has no getTracer(): pass an OpenTelemetry TracerProvider.',
    );
  }
  const connector =
    livekitConnectorOf(provider) ?? (spanProcessor && livekitConnectorOf(spanProcessor));
  if (connector !== undefined) return connector(livekit, provider);
  if (!takesProcessors(provider)) {
    throw new InvalidTracerInputError(
      'LiveKit can add no span processor to this tracer provider, so it could not apply redaction: put createOpenInferenceSpanProcessor() into the spanProcessors of the provider, and pass it as the third argument.',
    );
  }
  try {
    connectLiveKit(livekit, {
      provider,
      addSpanProcessor: (processor) => provider.addSpanProcessor(processor),
      allowPii: undefined,
    });
  } catch (cause) {
    throw new CatalystInstrumentationError('LiveKit did not take the tracer provider.', { cause });
  }
  return installedRow([livekit]);
}

function providerOf(target: CatalystTracing | TracerProvider): TracerProvider {
  if (isTracerProvider(target)) return target;
  const provider: unknown = isRecord(target) ? target['provider'] : undefined;
  if (isTracerProvider(provider)) return provider;
  throw new InvalidTracerInputError(
    'What was passed as tracing is neither what setup() resolves to nor a tracer provider: `await` setup() first.',
  );
}
