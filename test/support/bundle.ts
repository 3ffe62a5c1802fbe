import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { TestProject } from 'vitest/node';

const ROOT = join(import.meta.dirname, '..', '..');

declare module 'vitest' {
  export interface ProvidedContext {
    /** Folder with the sources as ES modules: `index.js`, and every `test/support/*-child.ts`. */
    readonly bundles: string;
  }
}

/**
 * Bundles the package and what tests run in processes of their own, once for all files. To load the
 * sources through `tsx` costs a process 1.3 s of CPU.
 */
export default async function bundle(project: TestProject): Promise<() => void> {
  // Below the repository, where the dependencies are found.
  mkdirSync(join(ROOT, '.tmp'), { recursive: true });
  const outdir = mkdtempSync(join(ROOT, '.tmp', 'bundles-'));
  const children = readdirSync(import.meta.dirname).filter((name) => name.endsWith('-child.ts'));
  await build({
    entryPoints: [
      join(ROOT, 'src', 'index.ts'),
      ...children.map((name) => join(import.meta.dirname, name)),
    ],
    entryNames: '[name]',
    outdir,
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    logLevel: 'warning',
  });
  project.provide('bundles', outdir);
  return () => rmSync(outdir, { recursive: true, force: true });
}
