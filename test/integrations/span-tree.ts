import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { DecodedSpan } from '../support/otlp-decode.js';

interface Place {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly start: number;
}

/** The spans as an indented list, children in the order in which they started. */
export function treeOf<S extends ReadableSpan | DecodedSpan>(
  spans: readonly S[],
  describe: (span: S) => string = ({ name, attributes }) =>
    `${name} ${String(attributes['openinference.span.kind'])}`,
): readonly string[] {
  const placed = spans
    .map((span) => ({ span, ...placeOf(span) }))
    .toSorted((left, right) => left.start - right.start);
  const ids = new Set(placed.map(({ id }) => id));
  const below = (parent: string | undefined, depth: number): readonly string[] =>
    placed
      .filter(({ parentId }) =>
        parent === undefined ? !ids.has(parentId ?? '') : parentId === parent,
      )
      .flatMap(({ id, span }) => ['  '.repeat(depth) + describe(span), ...below(id, depth + 1)]);
  return below(undefined, 0);
}

/** The one span of this name. */
export function only(spans: readonly ReadableSpan[], name: string): ReadableSpan {
  const [found, ...more] = spans.filter((span) => span.name === name);
  if (found === undefined || more.length > 0) throw new Error(`${spans.length} spans, one ${name}`);
  return found;
}

function placeOf(span: ReadableSpan | DecodedSpan): Place {
  if ('spanId' in span) {
    const { spanId: id, parentSpanId: parentId, startNanos } = span;
    return { id, parentId, start: Number(startNanos) / 1e6 };
  }
  const [seconds, nanos] = span.startTime;
  const start = seconds * 1e3 + nanos / 1e6;
  return { id: span.spanContext().spanId, parentId: span.parentSpanContext?.spanId, start };
}
