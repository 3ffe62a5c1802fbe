import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where `npm run interop:install` puts servers: ignored by git, used again as long as versions stay. */
export const INSTALL_DIRECTORY: string = join(import.meta.dirname, '..', '..', '.interop');

/** A server that the interop tests run. */
export interface InstalledServer {
  readonly title: string;
  /** What was pinned: another one is installed anew. */
  readonly version: string;
  /** The command, once it is installed. */
  readonly command: string;
}

export const PHOENIX: InstalledServer = {
  title: 'Arize Phoenix',
  version: '20.26.1',
  command: join(INSTALL_DIRECTORY, 'phoenix', 'bin', 'phoenix'),
};

/** What the collector is built of; its version is the builder's as well. */
export const COLLECTOR_MANIFEST: string = join(import.meta.dirname, 'collector-builder.yaml');

export const COLLECTOR: InstalledServer = {
  title: 'OpenTelemetry Collector',
  version: /^ {2}version: (\S+)$/m.exec(readFileSync(COLLECTOR_MANIFEST, 'utf8'))?.[1] ?? '',
  command: join(INSTALL_DIRECTORY, 'collector', 'otelcol'),
};

/** The code of Jaeger 2.13: the module's path has no `/v2`, so Go knows it under this number alone. */
export const JAEGER: InstalledServer = {
  title: 'Jaeger',
  version: '1.76.0',
  command: join(INSTALL_DIRECTORY, 'jaeger', 'jaeger'),
};
