import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** The package as it is published: needs a build. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    pool: 'forks',
    // Deadlines of real processes depend on the machine: in CI a failure is looked at twice.
    retry: process.env['CI'] === undefined ? 0 : 1,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: 'reports/test-package.json' }]],
  },
});

export default config;
