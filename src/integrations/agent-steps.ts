import {
  context as contextApi,
  SpanKind,
  trace,
  type Attributes,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import { liveSetup } from '../live-tracing.js';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';
import { isRecord } from '../mapping/read-attributes.js';
import { Attr, type SpanKindValue } from '../semconv/attribute-keys.js';
import { identityOf, withIdentity, type Identity } from '../session/identity.js';
import type { OpenSpan } from '../spans/span-handle.js';
import { openSpan, startSpan } from '../spans/start-span.js';

/** A span of an agent's run: the run, a turn, a tool, a model call that its SDK reports. */
export interface Step {
  readonly span: OpenSpan;
  /** Of everything below it. */
  readonly context: Context;
}

export interface StepStart {
  readonly name: string;
  readonly kind: SpanKindValue;
  /** The parent context. */
  readonly around: Context;
  readonly identity?: Partial<Identity> | undefined;
  /** Without content. */
  readonly attributes?: Attributes | undefined;
  readonly otelKind?: SpanKind | undefined;
  /** When it really began; absent: now. */
  readonly startMillis?: number | undefined;
}

export function startStep(tracer: Tracer | undefined, start: StepStart): Step {
  const { name, kind, around, identity, attributes, otelKind, startMillis } = start;
  return contextApi.with(around, () => {
    const span = openSpan(tracer, (usable) =>
      startSpan(usable, {
        name,
        kind: otelKind ?? SpanKind.INTERNAL,
        attributes: { [Attr.SPAN_KIND]: kind, ...attributes },
        identity: identity === undefined ? undefined : { ...NOBODY, ...identity },
        isAgentRun: kind === 'AGENT',
        startMillis,
      }),
    );
    return { span, context: span.activate(() => contextApi.active()) };
  });
}

/** One call of a tool. */
export function startTool(
  tracer: Tracer | undefined,
  around: Context,
  call: { readonly name: string; readonly id: string | undefined; readonly input: unknown },
): Step {
  const step = startStep(tracer, { name: call.name, kind: 'TOOL', around });
  step.span.setTool({ name: call.name, callId: call.id }).setInput(call.input);
  return step;
}

/** Marks a step as failed by what its SDK says, where nothing was thrown. */
export function failStep({ span }: Step, message: string): void {
  span.fail({ message });
}

/** Ends a step that the SDK did not end. */
export function abandonStep({ span }: Step): void {
  span.setOutcome('abandoned').setStopReason('abandoned').setFinalized(false).end();
}

/**
 * A run in the session that its SDK names, which is known only after it has started. A run inside a
 * span of the application's or of LiveKit's belongs to that session.
 */
export function inSession(step: Step, around: Context, sessionId: string): Step {
  const isInside =
    trace.getSpan(around) !== undefined ||
    identityOf(around)?.sessionId !== undefined ||
    liveSetup()?.resolved?.sessionId !== undefined;
  if (isInside) return step;
  step.span.setAttribute(Attr.SESSION_ID, sessionId);
  const identity = { ...NOBODY, ...identityOf(step.context), sessionId };
  return { span: step.span, context: withIdentity(step.context, identity) };
}

const NOBODY: Identity = Object.freeze({
  sessionId: undefined,
  userId: undefined,
  agent: undefined,
  metadata: undefined,
  tags: undefined,
});

/** Whether what happens here belongs to a session of the application's or of LiveKit's. */
export function isInSession(around: Context): boolean {
  if (identityOf(around)?.sessionId !== undefined) return true;
  const above = trace.getSpan(around);
  const scope: unknown = above && Reflect.get(above, 'instrumentationScope');
  return isRecord(scope) && scope['name'] === LIVEKIT_SCOPE_NAME;
}
