import type { OptionRow, OptionSource, OptionTable, Reading } from './option-row.js';

/** How the reading of a table talks to its surroundings. */
export interface TableReader {
  readonly env: NodeJS.ProcessEnv;
  /** Refuses an option: throws, or warns and lets the next source be asked. */
  readonly refuseOption: (option: string, problem: string) => void;
  readonly warnOption: (option: string, note: string) => void;
  readonly warnEnv: (variable: string, problem: string) => void;
  readonly recordSources: (option: string, sources: readonly OptionSource[]) => void;
}

/**
 * Reads every row of a table from the options given in code and from the environment. `prefix`
 * stands before the option's name in messages and sources.
 */
export function readTable<T extends object>(
  table: OptionTable<T>,
  given: Readonly<Record<string, unknown>>,
  reader: TableReader,
  prefix = '',
): T {
  const values: Partial<T> = {};
  for (const name in table) {
    values[name] = readRow(table[name], `${prefix}${name}`, given[name], reader);
  }
  if (!isComplete(values, table)) throw new Error('a table lost a row while it was read');
  return values;
}

/** Blank text says as little as nothing, in code as in the environment. */
export function isGiven(value: unknown): boolean {
  return (
    value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === '')
  );
}

function readRow<T>(row: OptionRow<T>, name: string, option: unknown, reader: TableReader): T {
  const found: { readonly value: T; readonly source: OptionSource }[] = [];
  for (const { source, reading } of readings(row, option, reader)) {
    if (reading === undefined) continue;
    if ('value' in reading) found.push({ value: reading.value, source });
    tell(reading, source, name, reader);
    if (found.length > 0 && row.merge === undefined) break;
  }
  const merge = row.merge ?? ((stronger: T) => stronger);
  reader.recordSources(name, found.length > 0 ? found.map(({ source }) => source) : ['default']);
  return found.length > 0
    ? found.map(({ value }) => value).reduce((stronger, weaker) => merge(stronger, weaker))
    : row.default;
}

/** What each source says, strongest first. Lazy: a source behind the deciding one is not read. */
function* readings<T>(
  row: OptionRow<T>,
  option: unknown,
  { env }: TableReader,
): Generator<{ readonly source: OptionSource; readonly reading: Reading<T> }> {
  if (row.readOption !== undefined && isGiven(option)) {
    yield { source: 'option', reading: row.readOption(option) };
  }
  if (row.readEnv === undefined) return;
  for (const variable of [...row.env, ...row.standardEnv]) {
    const text = env[variable]?.trim() ?? '';
    if (text !== '') yield { source: variable, reading: row.readEnv(text, variable) };
  }
}

function tell(
  reading: Exclude<Reading<unknown>, undefined>,
  source: OptionSource,
  name: string,
  reader: TableReader,
): void {
  const isOption = source === 'option';
  if ('problem' in reading) {
    if (isOption) reader.refuseOption(name, reading.problem);
    else reader.warnEnv(source, `${reading.problem}; it is ignored`);
  } else if (reading.note !== undefined) {
    if (isOption) reader.warnOption(name, reading.note);
    else reader.warnEnv(source, reading.note);
  }
}

function isComplete<T extends object>(values: Partial<T>, table: OptionTable<T>): values is T {
  return Object.keys(table).every((name) => name in values);
}
