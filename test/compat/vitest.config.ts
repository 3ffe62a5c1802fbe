import { availableParallelism } from 'node:os';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/compat/**/*.test.ts'],
    globalSetup: 'test/support/pack.ts',
    pool: 'forks',
    // The first run installs LiveKit nine times.
    testTimeout: 600_000,
    hookTimeout: 120_000,
    maxConcurrency: 2,
    // The default leaves one core idle.
    maxWorkers: availableParallelism(),
    reporters: ['default', ['json', { outputFile: 'reports/test-compat.json' }]],
  },
});

export default config;
