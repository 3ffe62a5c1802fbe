import { availableParallelism } from 'node:os';
import { defineConfig, type ViteUserConfig } from 'vitest/config';

const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [
      'test/package/**',
      'test/compat/**',
      'test/integrations/**',
      'test/interop/**',
      'node_modules/**',
    ],
    // Real sessions and real processes: files run in processes of their own.
    pool: 'forks',
    // One more than cores: tests mostly wait for processes and timers. The default leaves one core idle.
    maxWorkers: availableParallelism() + 1,
    // What hangs, not what is slow: a job of LiveKit's takes 8 s on a quiet machine.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: 'reports/test.json' }]],
  },
});

export default config;
