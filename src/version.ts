/** Name of this package's tracer: the scope of `agentSpan` and `manualSpan`. */
export const TRACER_NAME = 'catalyst-tracing';

/** Version of this package; a test compares it with package.json. */
export const VERSION = '0.1.0';
