import type { Task } from './child/run-request.js';
import type { SetupOptions } from './rows/row.js';

/** One line of the tables. */
export interface Contestant {
  readonly name: string;
  readonly label: string;
  /** File name in rows/, without extension. */
  readonly row: string;
  /** For rows of this package: options of setup() beside the bench's own. */
  readonly setupOptions: SetupOptions;
  /** Which copy of OpenTelemetry it runs on: bench/peers', or, for this package, the project's. */
  readonly home: 'peers' | 'project';
  /** This package with another option: measured for a job of 10 and 50 turns alone. */
  readonly isVariant: boolean;
}

/** What is subtracted from every cost, and what all ratios are relative to then. */
export const NOOP = 'noop';
export const REFERENCE = 'stock-proto';
export const LANGFUSE = 'langfuse';
export const OWN = 'catalyst';

export const CONTESTANTS: readonly Contestant[] = [
  peer(NOOP, 'untraced'),
  peer(REFERENCE, 'stock, OTLP/protobuf'),
  peer('stock-json', 'stock, OTLP/JSON'),
  peer(LANGFUSE, '`@langfuse/otel`'),
  own(OWN, '**catalyst-tracing**', {}),
  own('catalyst:gzip', 'with gzip, its default', { compression: 'gzip' }),
  own('catalyst:metrics', 'with metrics', { metrics: true }),
  own('catalyst:patterns', 'with ready patterns', { privacy: { redactPatterns: 'default' } }),
];

export interface Scenario {
  readonly name: string;
  readonly task: Task;
  /** How often each contestant runs it: a fresh process each time, in a new order each round. */
  readonly rounds: number;
  readonly contestants: readonly Contestant[];
}

const PLAIN = CONTESTANTS.filter(({ isVariant }) => !isVariant);

/** Under a quarter of an hour on two cores. */
export const FULL_SCENARIOS: readonly Scenario[] = [
  scenario('job-10', 9, { measure: 'job', turns: 10 }, CONTESTANTS),
  scenario('job-50', 7, { measure: 'job', turns: 50 }, CONTESTANTS),
  scenario('job-200', 5, { measure: 'job', turns: 200 }),
  scenario('job-50-accented', 3, { measure: 'job', turns: 50, alphabet: 'latin1' }),
  scenario('section-50', 2, { measure: 'section', turns: 50 }),
  scenario('section-200', 2, { measure: 'section', turns: 200 }),
  scenario('load-50', 3, { measure: 'load', turns: 50, sessions: 50, timeScale: 25 }),
  textScenario(10, 5),
  textScenario(50, 3),
];

/** The whole job alone, with too few rounds to quote. */
export const QUICK_SCENARIOS: readonly Scenario[] = [
  scenario('job-10', 5, { measure: 'job', turns: 10 }),
  scenario('job-50', 5, { measure: 'job', turns: 50 }),
  scenario('job-200', 3, { measure: 'job', turns: 200 }),
];

function scenario(
  name: string,
  rounds: number,
  task: Pick<Task, 'measure' | 'turns'> & Partial<Task>,
  contestants: readonly Contestant[] = PLAIN,
): Scenario {
  return {
    name,
    rounds,
    contestants,
    task: { alphabet: 'ascii', sessions: 1, timeScale: 1, ...task },
  };
}

/** A turn of 10 s takes 100 ms. All run on LiveKit's own copy of OpenTelemetry, the project's. */
function textScenario(turns: number, rounds: number): Scenario {
  const contestants = PLAIN.filter(({ name }) => [NOOP, REFERENCE, OWN].includes(name));
  return scenario(
    `text-${String(turns)}`,
    rounds,
    { measure: 'text', turns, timeScale: 100 },
    contestants.map((contestant) => ({ ...contestant, home: 'project' })),
  );
}

function peer(row: string, label: string): Contestant {
  return { name: row, label, row, setupOptions: {}, home: 'peers', isVariant: false };
}

function own(name: string, label: string, setupOptions: SetupOptions): Contestant {
  return { name, label, row: OWN, setupOptions, home: 'project', isVariant: name !== OWN };
}
