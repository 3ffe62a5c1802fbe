/**
 * What `observe` needs of a LiveKit `AgentSession`: that it emits events. Described by its shape, so
 * that no type of LiveKit's is loaded and every version fits.
 */
export interface ObservableSession {
  on(event: string, listener: (event: unknown) => void): unknown;
  off(event: string, listener: (event: unknown) => void): unknown;
}

/** Stops an observation. It need not be called: an observed session is let go like any other. */
export interface SessionObserver {
  /** Takes every listener off again. May be called twice. */
  stop(): void;
}

/** Whether a value emits events, as every `AgentSession` does. */
export function isObservableSession(value: unknown): value is ObservableSession {
  return (
    typeof value === 'object' &&
    value !== null &&
    'on' in value &&
    typeof value.on === 'function' &&
    'off' in value &&
    typeof value.off === 'function'
  );
}
