import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Contestant } from './contestants.js';

const inBench = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

export const PROJECT_DIR: string = inBench('..');
export const PEERS_DIR: string = inBench('peers');
export const README: string = inBench('README.md');
export const RESULTS: string = inBench('results/last-run.json');
export const GATE_FILE: string = inBench('gate.json');

/**
 * Where the measured code is compiled to, twice: a module finds its packages by where it lies, and
 * peers run on the packages of bench/peers, the built package on the project's own.
 */
export const COMPILED_DIRS: Readonly<Record<Contestant['home'], string>> = {
  peers: inBench('peers/dist'),
  project: inBench('dist'),
};

/** Whether `npm run build` has been run. */
export function isPackageBuilt(): boolean {
  return existsSync(new URL('../../dist/index.js', import.meta.url));
}
