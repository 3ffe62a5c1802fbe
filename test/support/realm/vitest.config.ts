import { defineConfig, type ViteUserConfig } from 'vitest/config';

/** Runs in a `node:vm` context, where errors of Node are of another realm, as under jest. */
const config: ViteUserConfig = defineConfig({
  test: { pool: 'vmThreads', include: ['test/support/realm/*.spec.ts'], reporters: ['default'] },
});

export default config;
