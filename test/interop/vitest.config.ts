import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Traces in real backends. What is not installed is skipped, aloud. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/interop/**/*.test.ts'],
    pool: 'forks',
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    reporters: ['default', ['json', { outputFile: 'reports/test-interop.json' }]],
  },
});

export default config;
