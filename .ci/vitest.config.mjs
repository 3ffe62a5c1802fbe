import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

// One number for both: files of both wait for the same processes.
const maxWorkers = availableParallelism() + 1;

// The tests of `npm test` in one run: no core waits for the last file of one suite.
export default defineConfig({
  test: {
    projects: [
      { extends: 'vitest.config.ts', test: { name: 'src', maxWorkers } },
      { extends: 'test/package/vitest.config.ts', test: { name: 'package', maxWorkers } },
    ],
    reporters: ['default', ['json', { outputFile: 'reports/test.json' }]],
  },
});
