import { availableParallelism } from 'node:os';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/integrations/**/*.test.ts'],
    // Each file has a process of its own: SDKs are patched in it.
    globalSetup: 'test/support/pack.ts',
    pool: 'forks',
    testTimeout: 60_000,
    // The first run installs the SDKs.
    hookTimeout: 300_000,
    // The default leaves one core idle.
    maxWorkers: availableParallelism(),
    reporters: ['default', ['json', { outputFile: 'reports/test-integrations.json' }]],
  },
});

export default config;
