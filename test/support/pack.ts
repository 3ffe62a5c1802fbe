import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The package as `npm publish` would pack it, once for all files. */
    readonly tarball: string;
  }
}

export default async function pack(project: TestProject): Promise<() => void> {
  const directory = mkdtempSync(join(tmpdir(), 'catalyst-tracing-tarball-'));
  const { stdout } = await promisify(execFile)(
    'npm',
    ['pack', '--json', '--ignore-scripts', '--pack-destination', directory],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)) },
  );
  const [{ filename }]: [{ filename: string }] = JSON.parse(stdout);
  project.provide('tarball', join(directory, filename));
  return () => rmSync(directory, { recursive: true, force: true });
}
