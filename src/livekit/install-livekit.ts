import type { InstallResult } from '../catalyst-tracing.js';
import { debug, warnOnce } from '../diagnostics.js';
import { connectLiveKit, type LiveKitConnection } from './connect-livekit.js';
import { livekitPresence, loadedLiveKitModules } from './find-livekit.js';
import type { LiveKitJobs } from './livekit-jobs.js';
import { asLiveKitModule, type LiveKitModule } from './livekit-module.js';

/** The name that `modules` and `installResults` know LiveKit by. */
export const LIVEKIT_NAME = 'livekitAgents';

export interface LiveKitInstallerOptions {
  readonly connection: LiveKitConnection;
  readonly jobs: LiveKitJobs;
  /** Whether a LiveKit that loads later finds our provider: it is the process's, for its API too. */
  readonly isFound: boolean;
  /** What the user should know of the registration; goes into the result. */
  readonly note: string | undefined;
}

/** Connects LiveKit: the copy that the application names, or whatever copies it loads. */
export class LiveKitInstaller {
  readonly #options: LiveKitInstallerOptions;
  #results: readonly InstallResult[] = Object.freeze([]);
  #awaitsLoading = false;

  constructor(options: LiveKitInstallerOptions) {
    this.#options = options;
  }

  /** What became of it so far; empty when nobody asked for LiveKit. */
  get results(): readonly InstallResult[] {
    return this.#results;
  }

  /** Connects the copy that the application named. */
  installGiven(given: unknown): InstallResult {
    const module = asLiveKitModule(given);
    if (module !== undefined) return this.#connect([module]);
    const reason =
      'modules.livekitAgents is not the namespace of an @livekit/agents that has telemetry (1.0.19 and newer, not 1.1.0): pass `import * as livekitAgents`';
    warnOnce('livekit_module', reason);
    return this.#fail(reason);
  }

  /** Connects every copy that the process has loaded, and otherwise waits until LiveKit is loaded. */
  async installLoaded(): Promise<InstallResult> {
    const presence = livekitPresence();
    if (presence === 'absent') {
      return this.#fail('@livekit/agents is not installed', 'unavailable');
    }
    if (presence === 'loaded') return this.#connectLoaded();
    this.#awaitsLoading = this.#options.isFound;
    if (this.#awaitsLoading) {
      return this.#fail(
        '@livekit/agents is installed and not loaded; it is connected when it loads',
        'pending',
      );
    }
    const reason =
      '@livekit/agents was not loaded when setup() ran, and its spans would not come here by themselves, since something else is registered with OpenTelemetry: import it before setup(), or pass it as modules.livekitAgents';
    warnOnce('livekit_not_loaded', reason);
    return this.#fail(reason);
  }

  /**
   * To be told when LiveKit asks our provider for a tracer: it does so while it loads, long before
   * its first job.
   */
  onTracer(): void {
    if (!this.#awaitsLoading) return;
    this.#awaitsLoading = false;
    // A CommonJS copy is whole once the call that loads it has returned.
    Promise.resolve()
      .then(() => this.#connectLoaded())
      .catch((error: unknown) => {
        debug(`LiveKit was not connected: ${error instanceof Error ? error.message : 'unknown'}`);
      });
  }

  async #connectLoaded(): Promise<InstallResult> {
    const modules = await loadedLiveKitModules();
    if (modules.length > 0) return this.#connect(modules);
    return this.#fail(
      'no @livekit/agents that has telemetry (1.0.19 and newer, not 1.1.0) was found; pass it as modules.livekitAgents',
    );
  }

  #connect(modules: readonly LiveKitModule[]): InstallResult {
    const { connection, jobs, note } = this.#options;
    for (const module of modules) {
      connectLiveKit(module, connection);
      jobs.addModule(module);
    }
    debug(`LiveKit connected: ${modules.map(({ version }) => version ?? 'unknown').join(', ')}`);
    return this.#say({
      name: LIVEKIT_NAME,
      status: 'installed',
      installed: true,
      ...(note !== undefined && { reason: note }),
    });
  }

  #fail(reason: string, status: InstallResult['status'] = 'failed'): InstallResult {
    debug(`LiveKit not connected: ${reason}`);
    return this.#say({ name: LIVEKIT_NAME, status, installed: false, reason });
  }

  #say(result: InstallResult): InstallResult {
    this.#results = Object.freeze([Object.freeze(result)]);
    return result;
  }
}
