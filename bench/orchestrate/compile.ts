import { build } from 'tsup';
import { COMPILED_DIRS, PROJECT_DIR } from './places.js';
import type { Contestant } from './contestants.js';

/**
 * Compiles what runs inside a measured process, file by file, to plain JavaScript: a TypeScript
 * loader in that process would be measured too.
 */
export async function compileMeasuredCode(home: Contestant['home']): Promise<void> {
  await build({
    config: false,
    entry: ['bench/{child,rows,workload,receiver}/*.ts', '!bench/**/*.d.ts'],
    outDir: COMPILED_DIRS[home],
    format: 'esm',
    target: 'node20',
    bundle: false,
    clean: true,
    silent: true,
    outExtension: () => ({ js: '.js' }),
    esbuildOptions: (options) => {
      options.outbase = 'bench';
      options.absWorkingDir = PROJECT_DIR;
    },
  });
}
