import type { InstallResult } from '../catalyst-tracing.js';
import { connectLiveKit, type LiveKitConnection } from './connect-livekit.js';
import { livekitPresence, loadedLiveKitModules } from './find-livekit.js';
import type { LiveKitJobs } from './livekit-jobs.js';
import { isLiveKitModule, type LiveKitModule } from './livekit-module.js';

/** The name that `modules` and `installResults` know LiveKit by. */
export const LIVEKIT_NAME = 'livekitAgents';

export interface LiveKitInstallation {
  readonly connection: LiveKitConnection;
  readonly jobs: LiveKitJobs;
}

/** Connects the copy of LiveKit that the application named. */
export function installGivenLiveKit(
  given: unknown,
  { connection, jobs }: LiveKitInstallation,
): InstallResult {
  if (!isLiveKitModule(given)) {
    return {
      name: LIVEKIT_NAME,
      installed: false,
      reason:
        'modules.livekitAgents is not the namespace of @livekit/agents with telemetry: pass `import * as livekitAgents`',
    };
  }
  return connect([given], connection, jobs);
}

/** Connects every copy of LiveKit that the process has loaded. */
export async function installLoadedLiveKit({
  connection,
  jobs,
}: LiveKitInstallation): Promise<InstallResult> {
  const presence = livekitPresence();
  if (presence === 'absent') {
    return { name: LIVEKIT_NAME, installed: false, reason: '@livekit/agents is not installed' };
  }
  if (presence === 'installed') {
    return {
      name: LIVEKIT_NAME,
      installed: false,
      reason:
        '@livekit/agents is installed and not loaded; it is connected when its first span starts',
    };
  }
  const modules = await loadedLiveKitModules();
  if (modules.length > 0) return connect(modules, connection, jobs);
  return {
    name: LIVEKIT_NAME,
    installed: false,
    reason: '@livekit/agents is loaded and was not found; pass it as modules.livekitAgents',
  };
}

function connect(
  modules: readonly LiveKitModule[],
  connection: LiveKitConnection,
  jobs: LiveKitJobs,
): InstallResult {
  for (const module of modules) {
    connectLiveKit(module, connection);
    jobs.addModule(module);
  }
  return { name: LIVEKIT_NAME, installed: true };
}
