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
    // Deadlines of real processes depend on the machine: in CI a failure is looked at twice.
    retry: process.env['CI'] === undefined ? 0 : 1,
    testTimeout: 30_000,
    hookTimeout: 30_000,
    reporters: ['default', ['json', { outputFile: 'reports/test.json' }]],
  },
});

export default config;
