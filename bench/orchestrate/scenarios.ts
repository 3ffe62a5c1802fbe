import type { Task } from './run-row.js';

export interface Scenario {
  readonly name: string;
  readonly task: Task;
  /** How often every contestant runs it, each time in a fresh process and in a new order. */
  readonly rounds: number;
}

/** Session time against the clock in the load runs: a turn of 10 s takes 250 or 400 ms. */
const TIME_SCALE_ALONE = 40;
const TIME_SCALE_CROWD = 25;

/** The published run, about half an hour on two cores. */
export const FULL_SCENARIOS: readonly Scenario[] = [
  cpu('cpu-10', 10, { repetitions: 4, rounds: 5 }),
  cpu('cpu-50', 50, { repetitions: 4, rounds: 5 }),
  cpu('cpu-200', 200, { repetitions: 3, rounds: 4 }),
  cpu('cpu-50-latin1', 50, { alphabet: 'latin1', repetitions: 2, rounds: 3 }),
  cpu('cpu-50-cyrillic', 50, { alphabet: 'cyrillic', repetitions: 2, rounds: 3 }),
  section('section-50', 50, 3),
  section('section-200', 200, 2),
  load('load-1', 1, TIME_SCALE_ALONE, 1),
  load('load-20', 20, TIME_SCALE_CROWD, 1),
  load('load-50', 50, TIME_SCALE_CROWD, 2),
];

/** A look at every column in a minute or two; too few rounds to quote. */
export const QUICK_SCENARIOS: readonly Scenario[] = [
  cpu('cpu-10', 10, { repetitions: 2, rounds: 2 }),
  cpu('cpu-50', 50, { repetitions: 2, rounds: 2 }),
  section('section-50', 50, 1),
  load('load-20', 20, TIME_SCALE_CROWD, 1, 10),
];

function cpu(
  name: string,
  turns: number,
  {
    alphabet = 'ascii',
    repetitions,
    rounds,
  }: { alphabet?: Task['alphabet']; repetitions: number; rounds: number },
): Scenario {
  const task: Task = { measure: 'cpu', turns, alphabet, sessions: 1, repetitions, timeScale: 1 };
  return { name, rounds, task };
}

function section(name: string, turns: number, rounds: number): Scenario {
  return {
    name,
    rounds,
    task: { ...cpu(name, turns, { repetitions: 1, rounds }).task, measure: 'section' },
  };
}

function load(
  name: string,
  sessions: number,
  timeScale: number,
  rounds: number,
  turns = 50,
): Scenario {
  return {
    name,
    rounds,
    task: { measure: 'load', turns, alphabet: 'ascii', sessions, repetitions: 1, timeScale },
  };
}
