import {
  context as contextApi,
  INVALID_SPAN_CONTEXT,
  trace,
  type Attributes,
  type SpanKind,
  type Tracer,
} from '@opentelemetry/api';
import { warnOnce } from '../diagnostics.js';
import { liveSetup } from '../live-tracing.js';
import { identityOf, mergeIdentity, withIdentity, type Identity } from '../session/identity.js';
import { Attr } from '../semconv/attribute-keys.js';
import { OpenSpan } from './span-handle.js';

/** A span to start, its options read. */
export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  /** Attributes that a sampler may ask for. None of them is content. */
  readonly attributes: Attributes;
  /** Identity of the span and of everything below; `undefined` when it adds nothing. */
  readonly identity: Identity | undefined;
  readonly isAgentRun: boolean;
  /** When it really began, in milliseconds since the epoch; absent: now. */
  readonly startMillis?: number | undefined;
}

/**
 * Opens a span with the application's tracer, else with that of the live set-up. Without one, with
 * tracing disabled, or when opening throws, the handle records nothing and leaves the active context
 * alone.
 */
export function openSpan(own: Tracer | undefined, open: (tracer: Tracer) => OpenSpan): OpenSpan {
  try {
    const tracer = usableTracer(own);
    if (tracer !== undefined) return open(tracer);
  } catch {
    warnOnce('span_not_started', 'A span could not be started: it is not recorded.');
  }
  const silent = trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
  return new OpenSpan(silent, undefined, false, false);
}

/** A disabled tracer would keep the spans of other tracers from being sampled below its own. */
function usableTracer(own: Tracer | undefined): Tracer | undefined {
  const live = liveSetup();
  const isDisabled = live?.ownsSpan === undefined;
  if (own !== undefined) return isDisabled && own === live?.tracing?.tracer ? undefined : own;
  return isDisabled ? undefined : live.tracing?.tracer;
}

/** Starts a span below the active one. */
export function startSpan(tracer: Tracer, start: SpanStart): OpenSpan {
  const { name, kind, attributes, isAgentRun, startMillis } = start;
  const active = contextApi.active();
  const outer = identityOf(active);
  const identity = start.identity === undefined ? outer : mergeIdentity(outer, start.identity);
  const around = identity === undefined ? active : withIdentity(active, identity);
  const span = tracer.startSpan(
    name,
    { kind, attributes, ...(startMillis !== undefined && { startTime: startMillis }) },
    around,
  );
  const isOurs = liveSetup()?.ownsSpan?.(span.spanContext().spanId) ?? false;
  const open = new OpenSpan(span, trace.setSpan(around, span), isOurs, isAgentRun);
  // Our own processor knows the identity of its spans; no other does.
  if (!isOurs && identity !== undefined) open.setAttributes(identityAttributes(identity));
  return open;
}

function identityAttributes(identity: Identity): Readonly<Record<string, unknown>> {
  return {
    [Attr.SESSION_ID]: identity.sessionId,
    [Attr.USER_ID]: identity.userId,
    [Attr.AGENT_ID]: identity.agent?.id,
    [Attr.AGENT_NAME]: identity.agent?.name,
    [Attr.AGENT_ROLE]: identity.agent?.role,
    [Attr.METADATA]: identity.metadata,
    [Attr.TAG_TAGS]: identity.tags,
    [Attr.USE_CASE]: identity.useCase,
    [Attr.CALL_SITE]: identity.callSite,
  };
}
