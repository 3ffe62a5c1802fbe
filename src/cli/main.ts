#!/usr/bin/env node
import { VERSION } from '../version.js';
import { type Command, HELP, parseCommandLine } from './command-line.js';
import { runDev } from './dev/run-dev.js';
import { runDoctor } from './doctor/run-doctor.js';
import { renderReport } from './doctor/report.js';
import { createPaint } from './terminal.js';

const PROBLEM = 1;
const MISUSE = 2;

async function run(command: Command): Promise<number> {
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
      return develop(command.port);
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

async function develop(port: number | undefined): Promise<number> {
  const { stdout } = process;
  const color = stdout.isTTY && stdout.hasColors();
  try {
    await runDev({
      port,
      color,
      columns: () => (stdout.isTTY ? stdout.columns : undefined),
      print: (text) => stdout.write(`${text}\n`),
    });
    return 0;
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    await print(`The receiver could not start: ${reason}\n`, process.stderr);
    return PROBLEM;
  }
}

/** Resolves when the text is out: a pipe takes its time, and exit does not wait for it. */
function print(text: string, stream: NodeJS.WriteStream = process.stdout): Promise<void> {
  return new Promise((resolve) => stream.write(text, () => resolve()));
}

// Connections of the package never keep a process alive; a command that waits for them must.
const held = setInterval(() => {}, 60_000);
const code = await run(parseCommandLine(process.argv.slice(2)));
clearInterval(held);
// LiveKit's native parts, once loaded, would hold the process.
process.exit(code);
