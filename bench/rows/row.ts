import type { Tracer } from '@opentelemetry/api';
import type { setup } from 'catalyst-tracing';

/** Options of this package's setup(). */
export type SetupOptions = NonNullable<Parameters<typeof setup>[0]>;

export interface RowOptions {
  /** Base URL of the receiver; a row appends its own path, which ends in `/v1/traces`. */
  readonly endpoint: string;
  /** Time runs this much faster than in a call: a flush delay of 5 s becomes 5000 / timeScale ms. */
  readonly timeScale: number;
  /** Whether a real `@livekit/agents` runs in this process and is to be traced. */
  readonly connectLiveKit: boolean;
  /** For rows of this package: its other options. */
  readonly setupOptions: SetupOptions;
}

/** A contestant that is set up. */
export interface RunningRow {
  readonly tracer: Tracer;
  readonly forceFlush: () => Promise<void>;
  readonly shutdown: () => Promise<void>;
}

/** What each file of this folder exports. */
export interface RowModule {
  readonly start: (options: RowOptions) => Promise<RunningRow>;
}

/** The scope of LiveKit's tracer. */
export const LIVEKIT_SCOPE = 'livekit-agents';

/** The batch processor's own default. */
export const FLUSH_DELAY_MILLIS = 5000;
