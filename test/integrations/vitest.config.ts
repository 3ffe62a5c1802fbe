import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/integrations/**/*.test.ts'],
    // Each file has a process of its own: SDKs are patched in it.
    pool: 'forks',
    testTimeout: 60_000,
    // The first run installs the SDKs.
    hookTimeout: 300_000,
    // They share the installations.
    fileParallelism: false,
    reporters: ['default', ['json', { outputFile: 'reports/test-integrations.json' }]],
  },
});

export default config;
