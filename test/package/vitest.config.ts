import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** The package as it is published: needs a build. */
const config: ViteUserConfig = defineConfig({
  test: {
    include: ['test/package/**/*.test.ts'],
    globalSetup: 'test/package/pack.ts',
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    reporters: ['default', ['json', { outputFile: 'reports/test-package.json' }]],
  },
});

export default config;
