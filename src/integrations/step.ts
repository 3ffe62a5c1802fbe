import {
  context as contextApi,
  SpanKind,
  trace,
  type Attributes,
  type Context,
  type Tracer,
  type TracerProvider,
} from '@opentelemetry/api';
import type { CatalystTracing } from '../catalyst-tracing.js';
import { liveSetup } from '../live-tracing.js';
import { asText, isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import { Attr, type SpanKindValue } from '../semconv/attribute-keys.js';
import { identityOf, type Identity } from '../session/identity.js';
import type { OpenSpan } from '../spans/span-handle.js';
import { openSpan, startSpan } from '../spans/start-span.js';
import { TRACER_NAME, VERSION } from '../version.js';
import { isLiveKitSpan } from './llm-owner.js';

/** A span of an agent's run: the run, a turn, a tool, a model call that its SDK reports. */
export interface Step {
  readonly span: OpenSpan;
  /** Of everything below it. */
  readonly context: Context;
}

/** What becomes of a step that is open. */
export type EndStep = (step: Step) => void;

export interface StepStart {
  readonly name: string;
  readonly kind: SpanKindValue;
  /** Absent: the active context. */
  readonly around?: Context;
  readonly system?: string | undefined;
  readonly identity?: Partial<Identity> | undefined;
  readonly agentName?: string | undefined;
  /** Without content. */
  readonly attributes?: Attributes | undefined;
  readonly otelKind?: SpanKind | undefined;
  /** When it really began; absent: now. */
  readonly startMillis?: number | undefined;
}

export const NOBODY: Identity = Object.freeze({
  sessionId: undefined,
  userId: undefined,
  agent: undefined,
  metadata: undefined,
  tags: undefined,
});

/** Without a tracer: that of the live tracing. */
export function startStep(tracer: Tracer | undefined, start: StepStart): Step {
  const { name, kind, system, agentName, otelKind, startMillis } = start;
  const agent =
    agentName === undefined ? undefined : { id: undefined, name: agentName, role: undefined };
  const identity = agent === undefined ? start.identity : { agent, ...start.identity };
  const attributes: Attributes = { [Attr.SPAN_KIND]: kind, ...start.attributes };
  if (system !== undefined) attributes[Attr.LLM_SYSTEM] = system;
  return contextApi.with(start.around ?? contextApi.active(), () => {
    const span = openSpan(tracer, (usable) =>
      startSpan(usable, {
        name,
        kind: otelKind ?? SpanKind.INTERNAL,
        attributes,
        identity: identity === undefined ? undefined : { ...NOBODY, ...identity },
        isAgentRun: kind === 'AGENT',
        startMillis,
      }),
    );
    return { span, context: span.activate(() => contextApi.active()) };
  });
}

/** Metadata of one span, after what the application said of all of them: there is one attribute. */
export function setMetadata(span: OpenSpan, around: Context, metadata: JsonRecord): void {
  if (Object.keys(metadata).length === 0) return;
  const outer = { ...liveSetup()?.resolved?.metadata, ...identityOf(around)?.metadata };
  span.setAttribute(Attr.METADATA, { ...outer, ...metadata });
}

export function endStep({ span }: Step, output: unknown, failure?: unknown): void {
  span.setOutput(output);
  if (failure !== undefined) span.fail(failure);
  span.end();
}

/** Ends a step that the SDK did not end. */
export function abandonStep({ span }: Pick<Step, 'span'>): void {
  span.setOutcome('abandoned').setStopReason('abandoned').setFinalized(false).end();
}

/** Whether what happens here belongs to a session of the application's or of LiveKit's. */
export function isInSession(around: Context): boolean {
  if (identityOf(around)?.sessionId !== undefined) return true;
  const above = trace.getSpan(around);
  return above !== undefined && isLiveKitSpan(above);
}

/** Agent and user by the ids that an SDK has for them. */
export function identityBy(agentId: unknown, userId?: unknown): Partial<Identity> {
  const id = asText(agentId);
  const agent = id === undefined ? undefined : { id, name: undefined, role: undefined };
  return { agent, userId: asText(userId) };
}

/** The tracer of what was passed; `undefined` is the live tracing's, looked up when it is used. */
export function tracerFor(
  target: CatalystTracing | TracerProvider | undefined,
): Tracer | undefined {
  if (target === undefined) return undefined;
  const provider = isTracerProvider(target) ? target : target.provider;
  return provider.getTracer(TRACER_NAME, VERSION);
}

export function isTracerProvider(value: unknown): value is TracerProvider {
  return isRecord(value) && typeof value['getTracer'] === 'function';
}
