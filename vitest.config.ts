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
      'test/exit/**',
      'test/delivery/soak.test.ts',
      'node_modules/**',
    ],
    globalSetup: 'test/support/bundle.ts',
    // Real sessions and real processes: files run in processes of their own.
    pool: 'forks',
    // One more than cores: tests mostly wait for processes and timers. The default leaves one core idle.
    maxWorkers: availableParallelism() + 1,
    // What hangs, not what is slow.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: 'reports/test.json' }]],
  },
});

export default config;
