import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** The spans as an indented list, children in the order in which they started. */
export function treeOf(
  spans: readonly ReadableSpan[],
  describe: (span: ReadableSpan) => string = ({ name, attributes }) =>
    `${name} ${String(attributes['openinference.span.kind'])}`,
): readonly string[] {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  const below = (parent: string | undefined, depth: number): readonly string[] =>
    spans
      .filter(({ parentSpanContext }) =>
        parent === undefined
          ? !ids.has(parentSpanContext?.spanId ?? '')
          : parentSpanContext?.spanId === parent,
      )
      .toSorted((left, right) => startOf(left) - startOf(right))
      .flatMap((span) => [
        '  '.repeat(depth) + describe(span),
        ...below(span.spanContext().spanId, depth + 1),
      ]);
  return below(undefined, 0);
}

/** The one span of this name. */
export function only(spans: readonly ReadableSpan[], name: string): ReadableSpan {
  const [found, ...more] = spans.filter((span) => span.name === name);
  if (found === undefined || more.length > 0) throw new Error(`${spans.length} spans, one ${name}`);
  return found;
}

function startOf({ startTime: [seconds, nanos] }: ReadableSpan): number {
  return seconds * 1e3 + nanos / 1e6;
}
