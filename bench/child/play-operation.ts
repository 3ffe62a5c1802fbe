import { ROOT_CONTEXT, trace, type Span, type Tracer } from '@opentelemetry/api';
import type { SpanOperation } from '../workload/session-plan.js';

/** A session being played: the spans LiveKit holds open. */
export interface Player {
  readonly tracer: Tracer;
  /**
   * By their number. A list and no map: a map that entries come to and go from replaces its table
   * again and again, and V8 links each table to the next. Once a full collection has made one old,
   * every dead table keeps the spans it held, with all that is on them, alive until the next full
   * collection: garbage of the bench's own, several times what a tracer leaves.
   */
  readonly spans: (Span | undefined)[];
  /** Runs one span operation; the section meter puts its clock around it. */
  readonly around: (operation: () => void) => void;
}

export function createPlayer(tracer: Tracer, around?: Player['around']): Player {
  return { tracer, spans: [], around: around ?? ((operation) => operation()) };
}

export function playOperation(operation: SpanOperation, player: Player): void {
  const { spans, tracer } = player;
  if (operation.kind === 'set') {
    const attributes = operation.attributes();
    const span = spans[operation.span];
    player.around(() => span?.setAttributes(attributes));
    return;
  }
  if (operation.kind === 'end') {
    const span = spans[operation.span];
    spans[operation.span] = undefined;
    player.around(() => span?.end());
    return;
  }
  const parent = operation.parent === undefined ? undefined : spans[operation.parent];
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
  player.around(() => {
    spans[operation.span] = tracer.startSpan(operation.name, {}, context);
  });
}
