import { parseArgs } from 'node:util';

/** What somebody asks the command for. */
export type Command =
  | {
      readonly name: 'doctor';
      readonly json: boolean;
      readonly imports: readonly string[];
      readonly envFiles: readonly string[];
    }
  | { readonly name: 'dev'; readonly port: number | undefined }
  | { readonly name: 'help' | 'version' }
  | { readonly name: 'mistake'; readonly text: string };

export const HELP = `Usage: catalyst-tracing <command>

Commands
  doctor              say whether tracing works here, and what to do where it does not;
                      sends a test trace to the configured collector

  dev                 receive traces on this machine, and show them here and on a page in the
                      browser while the agent runs

Options of doctor
  --import <file>     load a file of the application that calls setup(), and look at that set-up
  --env-file <file>   read variables from a file first; those that are set stay
  --json              print the report as JSON

Options of dev
  --port <number>     default 4318, or a free one where that is taken

Exit code: 0 when all is well, 1 when there is a problem, 2 when the command was not understood.
`;

/** Reads the arguments after the script's name. */
export function parseCommandLine(args: readonly string[]): Command {
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
        'env-file': { type: 'string', multiple: true, default: [] },
      },
    });
    if (values.version) return { name: 'version' };
    const [name, ...more] = positionals;
    if (values.help || name === 'help' || name === undefined) return { name: 'help' };
    if (more.length > 0) return { name: 'mistake', text: `"${more.join(' ')}" is not understood` };
    if (name === 'doctor') {
      const { json, import: imports, 'env-file': envFiles } = values;
      return { name, json, imports, envFiles };
    }
    if (name === 'dev') return parseDev(values.port);
    return { name: 'mistake', text: `"${name}" is no command` };
  } catch (error) {
    return { name: 'mistake', text: error instanceof Error ? error.message : 'not understood' };
  }
}

function parseDev(text: string | undefined): Command {
  if (text === undefined) return { name: 'dev', port: undefined };
  const port = Number(text);
  return Number.isInteger(port) && port >= 0 && port <= 65_535 && text.trim() !== ''
    ? { name: 'dev', port }
    : { name: 'mistake', text: '--port must be a number from 0 to 65535' };
}
