import type { RunOutcome } from './run-row.js';

/** One process's outcome and where it belongs. */
export interface Sample extends RunOutcome {
  readonly scenario: string;
  readonly contestant: string;
  /** Samples of one scenario and round ran next to one another, in a shuffled order. */
  readonly round: number;
}

/** How the numbers were taken; goes into the report. */
export interface RunFacts {
  readonly date: string;
  readonly node: string;
  readonly platform: string;
  readonly cpuModel: string;
  readonly cores: number;
  readonly quick: boolean;
}

export interface RunRecord {
  readonly facts: RunFacts;
  readonly contestants: readonly string[];
  readonly samples: readonly Sample[];
  readonly installs: readonly InstallSize[];
}

/** What a contestant adds to an application that has `@livekit/agents` installed. */
export interface InstallSize {
  readonly contestant: string;
  readonly packages: number;
  readonly bytes: number;
}
