import type { Tracer } from '@opentelemetry/api';
import { warnOnce } from '../diagnostics.js';
import { describeType } from '../options/option-readers.js';

/** The tracer of a call with one; `undefined`, which stands for the live tracing's, for anything else. */
export function asTracer(caller: string, value: unknown): Tracer | undefined {
  if (isTracer(value)) return value;
  warnOnce(
    `${caller}_tracer`,
    `${caller}(): the first argument must be a Tracer of OpenTelemetry; saw ${describeType(value)}. The tracer of setup() is used.`,
  );
  return undefined;
}

function isTracer(value: unknown): value is Tracer {
  return (
    typeof value === 'object' &&
    value !== null &&
    'startSpan' in value &&
    typeof value.startSpan === 'function'
  );
}
