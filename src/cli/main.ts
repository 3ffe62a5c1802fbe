#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { VERSION } from '../version.js';
import {
  type DevOptions,
  runDev,
  runShow,
  type ShowOptions,
  type Terminal,
} from './dev/run-dev.js';
import { renderReport } from './doctor/report.js';
import { runDoctor } from './doctor/run-doctor.js';
import { createPaint } from './terminal.js';

/** What somebody asks the command for. */
type Command =
  | {
      readonly name: 'doctor';
      readonly json: boolean;
      readonly imports: readonly string[];
      readonly envFiles: readonly string[];
    }
  | ({ readonly name: 'dev' } & DevOptions)
  | ({ readonly name: 'show' } & ShowOptions)
  | { readonly name: 'help' | 'version' }
  | { readonly name: 'mistake'; readonly text: string };

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

/** Reads the arguments after the script's name. */
function parseCommandLine(args: readonly string[]): Command {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        version: { type: 'boolean', short: 'v', default: false },
        json: { type: 'boolean', default: false },
        import: { type: 'string', multiple: true, default: [] },
        port: { type: 'string' },
        host: { type: 'string' },
        data: { type: 'string' },
        page: { type: 'boolean', default: false },
        dotenv: { type: 'string', multiple: true, default: [] },
        // Its first name, which Node takes for itself before the script's name.
        'env-file': { type: 'string', multiple: true, default: [] },
      },
    });
    if (values.version) return { name: 'version' };
    const [name, ...more] = positionals;
    if (values.help || name === 'help' || name === undefined) return { name: 'help' };
    const port = readPort(values.port);
    if (port === 'mistake') {
      return { name: 'mistake', text: '--port must be a number from 0 to 65535' };
    }
    const { data, host, page } = values;
    const [target, ...rest] = more;
    if (name === 'show' && target !== undefined && rest.length === 0) {
      return { name, target, data, port, page };
    }
    if (name === 'show') return { name: 'mistake', text: 'show needs one file or session' };
    if (more.length > 0) return { name: 'mistake', text: `"${more.join(' ')}" is not understood` };
    if (name === 'doctor') {
      const { json, import: imports, dotenv, 'env-file': envFiles } = values;
      return { name, json, imports, envFiles: [...envFiles, ...dotenv] };
    }
    if (name === 'dev') return { name, port, host, data };
    return { name: 'mistake', text: `"${name}" is not a command` };
  } catch (error) {
    return { name: 'mistake', text: error instanceof Error ? error.message : 'not understood' };
  }
}

function readPort(text: string | undefined): number | undefined | 'mistake' {
  if (text === undefined) return undefined;
  const port = Number(text);
  const isPort = Number.isInteger(port) && port >= 0 && port <= 65_535 && text.trim() !== '';
  return isPort ? port : 'mistake';
}

const PROBLEM = 1;
const MISUSE = 2;

async function execute(command: Command): Promise<number> {
  switch (command.name) {
    case 'help':
      await print(HELP);
      return 0;
    case 'version':
      await print(`${VERSION}\n`);
      return 0;
    case 'doctor':
      return examine(command);
    case 'dev':
      return attempt('The receiver could not start', () => runDev(command, terminal()));
    case 'show':
      return attempt('It cannot be shown', () => runShow(command, terminal()));
    case 'mistake':
      break;
  }
  await print(`${command.text}\n\n${HELP}`, process.stderr);
  return MISUSE;
}

async function examine(command: Extract<Command, { name: 'doctor' }>): Promise<number> {
  for (const file of command.envFiles) {
    try {
      process.loadEnvFile(file);
    } catch {
      await print(`${file} cannot be read\n`, process.stderr);
      return MISUSE;
    }
  }
  const { imports, json } = command;
  const report = await runDoctor({ directory: process.cwd(), imports, env: process.env });
  const { stdout } = process;
  const paint = createPaint(stdout.isTTY && stdout.hasColors());
  await print(json ? `${JSON.stringify(report, undefined, 2)}\n` : renderReport(report, paint));
  return report.ok ? 0 : PROBLEM;
}

function terminal(): Terminal {
  const { stdout } = process;
  return {
    color: stdout.isTTY && stdout.hasColors(),
    columns: () => (stdout.isTTY ? stdout.columns : undefined),
    print: (text) => stdout.write(`${text}\n`),
  };
}

async function attempt(failure: string, run: () => Promise<void>): Promise<number> {
  try {
    await run();
    return 0;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    await print(`${failure}: ${reason}\n`, process.stderr);
    return PROBLEM;
  }
}

/** Resolves when the text is out: a pipe takes its time, and exit does not wait for it. */
function print(text: string, stream: NodeJS.WriteStream = process.stdout): Promise<void> {
  return new Promise((resolve) => stream.write(text, () => resolve()));
}

// Connections of the package never keep a process alive; a command that waits for them must.
const keepAlive = setInterval(() => {}, 60_000);
const code = await execute(parseCommandLine(process.argv.slice(2)));
clearInterval(keepAlive);
// LiveKit's native parts, once loaded, would keep the process alive.
process.exit(code);
