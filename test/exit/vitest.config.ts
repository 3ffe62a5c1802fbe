import { availableParallelism } from 'node:os';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Real processes and LiveKit jobs that end in every way, and the soak: minutes of mostly waiting. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/exit/**/*.test.ts', 'test/delivery/soak.test.ts'],
    globalSetup: 'test/support/bundle.ts',
    pool: 'forks',
    // The default leaves one core idle.
    maxWorkers: availableParallelism(),
    // What hangs, not what is slow: a job of LiveKit's takes 8 s on a quiet machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: 'reports/test-exit.json' }]],
  },
});

export default config;
