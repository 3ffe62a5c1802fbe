import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/compat/**/*.test.ts'],
    pool: 'forks',
    // The first run installs LiveKit nine times.
    testTimeout: 600_000,
    hookTimeout: 120_000,
    maxConcurrency: 2,
    // They share the installations.
    fileParallelism: false,
    reporters: ['default', ['json', { outputFile: 'reports/test-compat.json' }]],
  },
});

export default config;
