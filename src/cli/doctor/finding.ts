/** `info` states a fact; a `warning` may bite later; a `problem` keeps traces from arriving. */
export type FindingLevel = 'ok' | 'info' | 'warning' | 'problem';

/** The parts of a report, in the order in which they are shown. */
export const TOPICS = ['settings', 'versions', 'livekit', 'collector'] as const;

export type Topic = (typeof TOPICS)[number];

/** One thing that the doctor saw. Neither text holds a secret. */
export interface Finding {
  readonly topic: Topic;
  /** Stable name for scripts, such as `collector.unauthorized`. */
  readonly code: string;
  readonly level: FindingLevel;
  readonly text: string;
  /** What to do next; problems and warnings have one. */
  readonly fix?: string;
}

/** One decided setting and where it came from. */
export interface ShownSetting {
  readonly name: string;
  readonly value: string;
  /** `option`, `default`, or names of variables, the strongest first. */
  readonly from: string;
}

export interface DoctorReport {
  /** Whether no finding is a problem. */
  readonly ok: boolean;
  readonly version: string;
  readonly settings: readonly ShownSetting[];
  readonly findings: readonly Finding[];
}
