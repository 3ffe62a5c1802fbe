#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { reasonOf } from '../diagnostics.js';
import { VERSION } from '../version.js';
import { runDev, runShow } from './dev/run-dev.js';
import { renderReport } from './doctor/report.js';
import { runDoctor } from './doctor/run-doctor.js';
import { createPaint, hasColors } from './terminal.js';

const HELP = `Usage: catalyst-tracing <command>

Commands
  doctor              say whether tracing works here, and what to do where it does not;
                      sends a test trace to the configured collector

  dev                 receive traces on this machine, and show them here and on a page in the
                      browser while the agent runs

  show <file|session> print a session: a file that the page exported, or the id of a session

Options of doctor
  --import <file>     run a file of the application that calls setup(), and examine that set-up
  --dotenv <file>     read variables from a file first; those that are set stay
  --json              print the report as JSON

Options of dev
  --port <number>     default 4318, or a free one where that is taken
  --host <address>    listen there too, for agents in containers (0.0.0.0); asks for a token
  --data <directory>  keep sessions across restarts

Options of show
  --page              open it as a page instead of printing it
  --data <directory>  where dev keeps the session; default: ask the dev that runs at --port

Exit code: 0 when all is well, 1 when there is a problem, 2 when the command was not understood.
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
  json: { type: 'boolean' },
  import: { type: 'string', multiple: true },
  port: { type: 'string' },
  host: { type: 'string' },
  data: { type: 'string' },
  page: { type: 'boolean' },
  dotenv: { type: 'string', multiple: true },
} as const;

const PROBLEM = 1;
const MISUSE = 2;

/** A command that is not understood. */
class Misuse extends Error {}

/** Does what the arguments ask for; returns the exit code. */
async function execute(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const { data, host, page = false, json = false } = values;
  const [name = 'help', target, ...more] = positionals;
  if (values.version) return print(`${VERSION}\n`);
  if (values.help || name === 'help') return print(HELP);
  const port = readPort(values.port);
  if (name === 'show') {
    if (target === undefined || more.length > 0) throw new Misuse('show needs one file or session');
    return attempt('It cannot be shown', () => runShow({ target, data, port, page }));
  }
  if (target !== undefined) {
    throw new Misuse(`"${[target, ...more].join(' ')}" is not understood`);
  }
  if (name === 'doctor') {
    const { dotenv = [], import: imports = [] } = values;
    return examine(json, imports, dotenv);
  }
  if (name === 'dev') {
    return attempt('The receiver could not start', () => runDev({ port, host, data }));
  }
  throw new Misuse(`"${name}" is not a command`);
}

function readPort(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new Misuse('--port must be a number from 0 to 65535');
  }
  return Number(text);
}

async function examine(json: boolean, imports: string[], envFiles: string[]): Promise<number> {
  for (const file of envFiles) {
    try {
      process.loadEnvFile(file);
    } catch {
      return print(`${file} cannot be read\n`, process.stderr, MISUSE);
    }
  }
  const report = await runDoctor({ directory: process.cwd(), imports, env: process.env });
  const text = json
    ? `${JSON.stringify(report, undefined, 2)}\n`
    : renderReport(report, createPaint(hasColors()));
  return print(text, process.stdout, report.ok ? 0 : PROBLEM);
}

async function attempt(failure: string, run: () => Promise<void>): Promise<number> {
  try {
    await run();
    return 0;
  } catch (error) {
    return print(`${failure}: ${reasonOf(error)}\n`, process.stderr, PROBLEM);
  }
}

/** Resolves when the text is out: a pipe takes its time, and exit does not wait for it. */
function print(
  text: string,
  stream: NodeJS.WriteStream = process.stdout,
  code = 0,
): Promise<number> {
  return new Promise((resolve) => stream.write(text, () => resolve(code)));
}

// Connections of the package never keep a process alive; a command that waits for them must.
const keepAlive = setInterval(() => {}, 60_000);
const code = await execute(process.argv.slice(2)).catch((error: unknown) => {
  const isMisuse =
    error instanceof Misuse || String(Object(error).code).startsWith('ERR_PARSE_ARGS');
  if (!isMisuse) throw error;
  return print(`${reasonOf(error)}\n\n${HELP}`, process.stderr, MISUSE);
});
clearInterval(keepAlive);
// LiveKit's native parts, once loaded, would keep the process alive.
process.exit(code);
