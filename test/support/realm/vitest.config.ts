import { defineConfig } from 'vitest/config';

/** Runs in a `node:vm` context, where errors of Node are of another realm, as under jest. */
export default defineConfig({
  test: { pool: 'vmThreads', include: ['test/support/realm/*.spec.ts'], reporters: ['default'] },
});
