import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** `name KIND` of every span, with those below it, each level in the order in which they started. */
export type Tree = readonly (string | readonly [string, Tree])[];

export function treeOf(spans: readonly ReadableSpan[], parent?: string): Tree {
  const ids = new Set(spans.map((span) => span.spanContext().spanId));
  return spans
    .filter(({ parentSpanContext: above }) =>
      parent === undefined
        ? above === undefined || !ids.has(above.spanId)
        : above?.spanId === parent,
    )
    .toSorted((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1])
    .map((span) => {
      const label = `${span.name} ${String(span.attributes['openinference.span.kind'])}`;
      const below = treeOf(spans, span.spanContext().spanId);
      return below.length === 0 ? label : ([label, below] as const);
    });
}
