// A process that has spans and ends: `node --import tsx delivery-child.ts <url> <how> [spool directory]`.
import { watchExit } from '../../src/export/process-exit.js';
import { openDelivery } from './delivery-fixture.js';

const [url = '', how = '', spoolDirectory] = process.argv.slice(2);
const { delivery, add, said } = openDelivery(url, { spoolDirectory, flushIntervalMillis: 60_000 });

const uninstall = watchExit({
  flush: (timeoutMillis) => delivery.forceFlush({ timeoutMillis }),
  added: () => delivery.stats().added,
  beforeEnd: () => {},
  exitSync: (sends) => {
    delivery.exitSync(sends);
    for (const warning of said.warnings) process.stderr.write(`warning: ${warning}\n`);
  },
  timeoutMillis: 2000,
});

/** Something that keeps the process alive, as a server would. */
function stayAlive(): void {
  setInterval(() => undefined, 1000);
}

const WAYS: Record<string, () => unknown> = {
  natural: () => undefined,
  exitCode: () => (process.exitCode = 4),
  lateSpan: () => process.once('beforeExit', () => setTimeout(() => add('late'), 50)),
  exit: () => process.exit(5),
  throw: () => {
    setImmediate(() => {
      throw new Error('boom');
    });
  },
  reject: () => void Promise.reject(new Error('boom')),
  caught: () => {
    process.on('uncaughtException', () => {
      add('after');
      process.exit(6);
    });
    setImmediate(() => {
      throw new Error('boom');
    });
  },
  signal: stayAlive,
  signalWithHandler: () => {
    process.on('SIGTERM', () => process.exit(7));
    stayAlive();
  },
  signalIgnored: () => {
    process.on('SIGTERM', () => process.stdout.write('ignored\n'));
    stayAlive();
  },
  untriggered: () => {
    uninstall();
    // The request is under way when there is nothing else to do.
    void delivery.forceFlush({ timeoutMillis: 100 });
  },
  flood: () => {
    // As fast as the disk takes it, until somebody kills us.
    for (let index = 0; ; index++) {
      const next = openDelivery(url, { spoolDirectory });
      next.add(`flood-${index}`);
      next.delivery.exitSync();
      process.stdout.write('.');
    }
  },
};

if (how !== 'flood') add('a', 'b', 'c');
WAYS[how]?.();
process.stdout.write('ready\n');
