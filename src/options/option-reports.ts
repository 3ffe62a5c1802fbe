import { InvalidOptionError } from '../errors.js';
import type { OptionSource } from './option-row.js';
import type { TableReader } from './read-table.js';

/** Says something once; `code` names the matter. */
export type Warn = (code: string, text: string) => void;

/** Lets the first warning of each code through: several options read one variable. */
export function createOnceWarn(warn: Warn): Warn {
  const said = new Set<string>();
  return (code, text) => {
    if (said.has(code)) return;
    said.add(code);
    warn(code, text);
  };
}

/** What the reports of a reading need. */
export interface TableReaderOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly warn: Warn;
  /** `throw` rejects a bad option; `warn` says it and goes on to the next source. */
  readonly badOption: 'throw' | 'warn';
  /** Filled while tables are read. */
  readonly sources: Map<string, readonly OptionSource[]>;
}

/** Turns what readings say into errors and warnings. */
export function createTableReader(options: TableReaderOptions): TableReader {
  const { env, warn, badOption, sources } = options;
  const warnOption = (option: string, text: string): void =>
    warn(`option.${option}`, `The option "${option}" ${text}.`);
  return {
    env,
    warnOption,
    refuseOption: (option, problem) => {
      if (badOption === 'warn') return warnOption(option, problem);
      throw new InvalidOptionError(
        option,
        `The option "${option}" ${problem}. Correct it, or leave it out to use the environment or the default.`,
      );
    },
    warnEnv: (variable, text) => warn(`env.${variable}`, `${variable} ${text}.`),
    recordSources: (option, found) => sources.set(option, Object.freeze(found)),
  };
}
