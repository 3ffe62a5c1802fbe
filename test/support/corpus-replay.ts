import {
  type Context,
  type HrTime,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { TracerProvider } from '@opentelemetry/api';
import type { Capture, CapturedSpan } from './corpus.js';

/** LiveKit passes these to `startSpan`; everything else is set on the open span. */
const LABELLED_AT_START: ReadonlySet<string> = new Set([
  'start_agent_activity',
  'resume_agent_activity',
  'pause_agent_activity',
  'on_enter',
  'on_exit',
]);

/**
 * Set right after the start, so that an open span can be asked for them: the request side of
 * model calls and tools, who is in charge, what was said to start the turn.
 */
const SET_WHILE_OPENING: ReadonlySet<string> = new Set([
  'gen_ai.agent.name',
  'gen_ai.conversation.id',
  'gen_ai.input.messages',
  'gen_ai.operation.name',
  'gen_ai.output.type',
  'gen_ai.provider.name',
  'gen_ai.request.model',
  'gen_ai.request.stream',
  'gen_ai.system_instructions',
  'gen_ai.tool.call.arguments',
  'gen_ai.tool.call.id',
  'gen_ai.tool.definitions',
  'gen_ai.tool.description',
  'gen_ai.tool.name',
  'gen_ai.tool.type',
  'gen_ai.workflow.name',
  'lk.agent_label',
  'lk.agent_name',
  'lk.amd.interrupt_on_machine',
  'lk.chat_ctx',
  'lk.function_tool.arguments',
  'lk.function_tool.name',
  'lk.function_tools',
  'lk.instructions',
  'lk.job_id',
  'lk.participant_id',
  'lk.participant_identity',
  'lk.participant_kind',
  'lk.pii.chat_ctx',
  'lk.pii.function_tool.arguments',
  'lk.pii.instructions',
  'lk.pii.participant_identity',
  'lk.pii.room_name',
  'lk.pii.user_input',
  'lk.retry_count',
  'lk.room_name',
  'lk.speech_id',
  'lk.tts.label',
  'lk.tts.streaming',
  'lk.user_input',
]);

/**
 * Runs a capture through a real tracer of `provider`, so that its processors see what they would
 * have seen in that run: starts and ends in their true order and at their true times, open spans
 * that already carry what LiveKit sets early, the same parents.
 *
 * A parent that never ended, and so was never captured, stands in the context as a remote span
 * under its captured id. Span and trace ids are new otherwise; the map returned leads from a
 * captured span id to the span that stands for it.
 */
export function replayCapture(
  capture: Capture,
  provider: TracerProvider,
): ReadonlyMap<string, Span> {
  const spans = new Map<string, Span>();
  const traceIds = new Map<string, string>();
  for (const step of replayOrder(capture.spans)) {
    const { captured } = step;
    if (step.does === 'start') {
      const span = startSpan(captured, provider, parentContext(captured, spans, traceIds));
      spans.set(captured.spanId, span);
      if (!traceIds.has(captured.traceId)) {
        traceIds.set(captured.traceId, span.spanContext().traceId);
      }
    } else {
      endSpan(captured, spans.get(captured.spanId));
    }
  }
  return spans;
}

interface ReplayStep {
  readonly does: 'start' | 'end';
  readonly captured: CapturedSpan;
}

function replayOrder(spans: readonly CapturedSpan[]): readonly ReplayStep[] {
  const numbered = spans.every((span) => span.startSeq !== undefined && span.endSeq !== undefined);
  const keyed = numbered ? orderBySequence(spans) : orderByTime(spans);
  return keyed.toSorted((a, b) => a.key - b.key).map(({ step }) => step);
}

interface KeyedStep {
  readonly key: number;
  readonly step: ReplayStep;
}

function orderBySequence(spans: readonly CapturedSpan[]): readonly KeyedStep[] {
  return spans.flatMap((captured) => [
    { key: captured.startSeq ?? 0, step: { does: 'start', captured } as const },
    { key: captured.endSeq ?? 0, step: { does: 'end', captured } as const },
  ]);
}

/**
 * Start times are whole milliseconds and end times are not, so a child may seem to start before
 * its parent; the order of the lines, which is the order of the ends, is exact.
 */
function orderByTime(spans: readonly CapturedSpan[]): readonly KeyedStep[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const startKey = (span: CapturedSpan): number => {
    const parent = byId.get(span.parentSpanId ?? '');
    const own = nanosSince(spans, span.startTime);
    return parent === undefined ? own : Math.max(own, startKey(parent));
  };
  const depth = (span: CapturedSpan): number => {
    const parent = byId.get(span.parentSpanId ?? '');
    return parent === undefined ? 0 : 1 + depth(parent);
  };
  // Sorting is stable: at the same nanosecond a parent starts first and starts come before ends.
  const starts = spans
    .toSorted((a, b) => depth(a) - depth(b))
    .map((captured) => ({
      key: startKey(captured),
      step: { does: 'start', captured } as const,
    }));
  let latest = 0;
  const ends = spans.map((captured) => {
    latest = Math.max(latest, nanosSince(spans, captured.endTime), startKey(captured));
    return { key: latest, step: { does: 'end', captured } as const };
  });
  return [...starts, ...ends];
}

/** Nanoseconds since the second in which the first span started, which a number can hold. */
function nanosSince(spans: readonly CapturedSpan[], time: HrTime): number {
  const epoch = Math.min(...spans.map((span) => span.startTime[0]));
  return (time[0] - epoch) * 1e9 + time[1];
}

function parentContext(
  captured: CapturedSpan,
  spans: ReadonlyMap<string, Span>,
  traceIds: ReadonlyMap<string, string>,
): Context {
  if (captured.parentSpanId === null) return ROOT_CONTEXT;
  const parent = spans.get(captured.parentSpanId);
  if (parent !== undefined) return trace.setSpan(ROOT_CONTEXT, parent);
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceIds.get(captured.traceId) ?? captured.traceId,
    spanId: captured.parentSpanId,
    traceFlags: 1,
    isRemote: true,
  });
}

function startSpan(captured: CapturedSpan, provider: TracerProvider, context: Context): Span {
  const tracer = provider.getTracer(captured.scope.name, captured.scope.version ?? undefined);
  const entries = Object.entries(captured.attributes);
  const atStart = entries.filter(([key]) => isSetAtStart(captured.name, key));
  const span = tracer.startSpan(
    captured.name,
    {
      kind: captured.kind,
      startTime: [...captured.startTime],
      attributes: Object.fromEntries(atStart),
    },
    context,
  );
  for (const [key, value] of entries) {
    if (!isSetAtStart(captured.name, key) && SET_WHILE_OPENING.has(key)) {
      span.setAttribute(key, value);
    }
  }
  return span;
}

function isSetAtStart(name: string, key: string): boolean {
  if (name === 'event_loop_blocked') return true;
  return key === 'lk.agent_label' && LABELLED_AT_START.has(name);
}

function endSpan(captured: CapturedSpan, span: Span | undefined): void {
  if (span === undefined) throw new Error(`${captured.name} ends before it starts`);
  for (const event of captured.events) span.addEvent(event.name, event.attributes, [...event.time]);
  for (const [key, value] of Object.entries(captured.attributes)) {
    if (!isSetAtStart(captured.name, key) && !SET_WHILE_OPENING.has(key)) {
      span.setAttribute(key, value);
    }
  }
  if (captured.status.code !== SpanStatusCode.UNSET) span.setStatus(captured.status);
  span.end([...captured.endTime]);
}
