import { join } from 'node:path';
import { installed, installTools, npmInstall, pnpmInstall } from '../support/installed-packages.js';
import type { CompatibilityCase, InstallationSpec } from './compatibility-cases.js';

const API_OF_APPLICATION = '1.9.1';
const API_OF_LIVEKIT = '1.10.0';

/** Folder of an application with LiveKit and the packed package installed. */
export function install(spec: InstallationSpec): Promise<string> {
  return installed({
    cache: '.compat',
    name: `livekit-${spec.livekit}-${spec.packageManager}-${spec.apiCopies}`,
    manifest: manifestOf(spec),
    files: { '.': join(import.meta.dirname, 'application') },
    install: spec.packageManager === 'npm' ? npmInstall : pnpmInstall,
  });
}

/** The executable of a Node version: the one running, or one that npm carries. */
export async function nodeExecutable(node: CompatibilityCase['node']): Promise<string> {
  if (node === 'current') return process.execPath;
  const platform = process.platform === 'win32' ? 'win' : process.platform;
  const tools = await installTools(`node-${node}`, {
    [`node-${platform}-${process.arch}`]: node,
  });
  return join(tools, 'node_modules', `node-${platform}-${process.arch}`, 'bin', 'node');
}

function manifestOf({ livekit, packageManager, apiCopies }: InstallationSpec): object {
  const override = { '@livekit/agents': { '@opentelemetry/api': API_OF_LIVEKIT } };
  const pnpmOverride = { '@livekit/agents>@opentelemetry/api': API_OF_LIVEKIT };
  return {
    name: 'application',
    private: true,
    type: 'module',
    dependencies: {
      '@livekit/agents': livekit,
      '@livekit/rtc-node': '^0.13.34',
      '@opentelemetry/api': apiCopies === 'two' ? API_OF_APPLICATION : '^1.9.0',
      zod: '^4.1.8',
    },
    ...(apiCopies === 'two' &&
      (packageManager === 'npm' ? { overrides: override } : { pnpm: { overrides: pnpmOverride } })),
  };
}
