import { warnOnce } from './diagnostics.js';
import { traceContextFields } from './trace-context-fields.js';

/** A pino mixin: gives each line fields of its own. */
type Mixin = (...line: readonly unknown[]) => object;

/** Where pino keeps a logger's mixin, in every version: one of its `pino.symbols`. */
const MIXIN = 'pino.mixin';
/** Marks our mixin, of every copy of this package: a logger needs one. */
const OURS: unique symbol = Symbol.for('catalyst-tracing.log-mixin');

/**
 * Puts `trace_id`, `span_id` and `trace_flags` of the active span on every line of a pino logger and
 * of its children, those that exist and those to come. Called as `addTraceContextToLogs(log())` in the
 * entry function of a LiveKit job, it puts them on LiveKit's own lines too. A field of the same name
 * on a line wins, and a mixin that the logger has goes on working.
 *
 * Works through `pino.symbols`, pino's place for integrations; no method is replaced. Anything but a
 * pino logger is left as it is, which is said once.
 *
 * @returns whether the lines of this logger have the fields now.
 */
export function addTraceContextToLogs(logger: object): boolean {
  const place = mixinPlace(logger);
  if (place === undefined) {
    warnOnce(
      'logger_unknown',
      'addTraceContextToLogs() was given no pino logger: its lines have no trace and span ids.',
    );
    return false;
  }
  const before: unknown = Reflect.get(logger, place);
  if (isMixin(before) && Reflect.has(before, OURS)) return true;
  const mixin: Mixin = (...line) => ({
    ...(isMixin(before) && before(...line)),
    ...traceContextFields(),
  });
  return Reflect.set(logger, place, Object.assign(mixin, { [OURS]: true }));
}

/** A child has what its parent has by inheriting it. */
function mixinPlace(logger: unknown): symbol | undefined {
  for (let at: unknown = logger; at instanceof Object; at = Object.getPrototypeOf(at)) {
    const found = Object.getOwnPropertySymbols(at).find(({ description }) => description === MIXIN);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isMixin(value: unknown): value is Mixin {
  return typeof value === 'function';
}
