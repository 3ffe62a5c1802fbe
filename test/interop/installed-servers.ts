import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where `npm run interop:install` puts servers: outside the repository, so that a fresh clone finds
 * what an earlier one has built.
 */
const CACHE_DIRECTORY: string = join(
  process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
  'catalyst-tracing',
  'interop',
);

/** A server that the interop tests run. */
export interface InstalledServer {
  readonly title: string;
  /** What was pinned: another one is installed anew. */
  readonly version: string;
  /** Where it is installed. */
  readonly directory: string;
  /** The command, once it is installed. */
  readonly command: string;
}

export const PHOENIX: InstalledServer = {
  title: 'Arize Phoenix',
  version: '20.26.1',
  directory: join(CACHE_DIRECTORY, 'phoenix'),
  command: join(CACHE_DIRECTORY, 'phoenix', 'bin', 'phoenix'),
};

/** What the collector is built of; its version is the builder's as well. */
export const COLLECTOR_MANIFEST: string = join(import.meta.dirname, 'collector-builder.yaml');

export const COLLECTOR: InstalledServer = {
  title: 'OpenTelemetry Collector',
  version: /^ {2}version: (\S+)$/m.exec(readFileSync(COLLECTOR_MANIFEST, 'utf8'))?.[1] ?? '',
  directory: join(CACHE_DIRECTORY, 'collector'),
  command: join(CACHE_DIRECTORY, 'collector', 'otelcol'),
};

/** The code of Jaeger 2.13: the module's path has no `/v2`, so Go knows it under this number alone. */
export const JAEGER: InstalledServer = {
  title: 'Jaeger',
  version: '1.76.0',
  directory: join(CACHE_DIRECTORY, 'jaeger'),
  command: join(CACHE_DIRECTORY, 'jaeger', 'jaeger'),
};
