import { ROOT_CONTEXT, trace, type Span, type Tracer } from '@opentelemetry/api';
import type { SpanOperation } from '../workload/session-plan.js';

/** A session being played: the spans LiveKit holds open. */
export interface Player {
  readonly tracer: Tracer;
  readonly spans: Map<number, Span>;
  /** Runs one span operation; the section meter puts its clock around it. */
  readonly around: (operation: () => void) => void;
}

export function createPlayer(tracer: Tracer, around?: Player['around']): Player {
  return { tracer, spans: new Map(), around: around ?? ((operation) => operation()) };
}

export function playOperation(operation: SpanOperation, player: Player): void {
  const { spans, tracer } = player;
  if (operation.kind === 'set') {
    const attributes = operation.attributes();
    const span = spans.get(operation.span);
    player.around(() => span?.setAttributes(attributes));
    return;
  }
  if (operation.kind === 'end') {
    const span = spans.get(operation.span);
    spans.delete(operation.span);
    player.around(() => span?.end());
    return;
  }
  const parent = operation.parent === undefined ? undefined : spans.get(operation.parent);
  const context = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
  player.around(() => {
    spans.set(operation.span, tracer.startSpan(operation.name, {}, context));
  });
}
