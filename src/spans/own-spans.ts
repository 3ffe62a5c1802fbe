import type { Tracer } from '@opentelemetry/api';
import { Attr, SpanKindValues } from '../semconv/attribute-keys.js';
import { type OpenSpan, type OpenSpanHandle, runInSpan, type SpanFunction } from './span-handle.js';
import {
  type AgentSpanOptions,
  asTracer,
  type ManualSpanOptions,
  OptionReader,
  readIdentity,
} from './span-options.js';
import { openSpan, startSpan } from './start-span.js';

/** What a function takes that may get a tracer of the application first. */
type SpanArguments<A extends readonly unknown[]> = readonly [...A] | readonly [Tracer, ...A];

/**
 * Puts a span around a run of an agent and returns a promise of what the function returns. Session,
 * user, agent, metadata and tags are inherited by child spans, LiveKit's included. The span says how
 * the run went: `agent.outcome`, `agent.stop_reason`, `agent.finalized`, unless you set them.
 *
 * What the function throws marks the span as failed and rejects the promise unchanged. Before
 * `setup()`, or with tracing disabled, the function just runs. With a tracer of your own as first
 * argument the span is that tracer's.
 *
 * @example
 * const answer = await agentSpan(
 *   { agentId: 'support', agentName: 'Support', sessionId, input: question },
 *   async (span) => {
 *     const text = await answerWith(question);
 *     span.setOutput(text);
 *     return text;
 *   },
 * );
 */
export function agentSpan<T>(options: AgentSpanOptions, fn: SpanFunction<T>): Promise<T>;
export function agentSpan<T>(
  tracer: Tracer,
  options: AgentSpanOptions,
  fn: SpanFunction<T>,
): Promise<T>;
export function agentSpan<T>(
  ...args: SpanArguments<[AgentSpanOptions, SpanFunction<T>]>
): Promise<T> {
  const [options, fn, own] =
    args.length === 2 ? [...args, undefined] : [args[1], args[2], asTracer('agentSpan', args[0])];
  return runInSpan(openAgentSpan('agentSpan', options, own), fn);
}

/**
 * Starts a span of a run that no single function spans: `run()` makes it active, `end()` ends it.
 * Everything else is as with {@link agentSpan}. A span that is still open at `shutdown()` is sent
 * as incomplete.
 *
 * @example
 * const span = startAgentSpan({ agentId: 'support', sessionId });
 * await span.run(() => session.start({ agent, room }));
 * job.addShutdownCallback(async () => span.end());
 */
export function startAgentSpan(options: AgentSpanOptions): OpenSpanHandle;
export function startAgentSpan(tracer: Tracer, options: AgentSpanOptions): OpenSpanHandle;
export function startAgentSpan(...args: SpanArguments<[AgentSpanOptions]>): OpenSpanHandle {
  const [options, own] =
    args.length === 1 ? [...args, undefined] : [args[1], asTracer('startAgentSpan', args[0])];
  return openAgentSpan('startAgentSpan', options, own);
}

function openAgentSpan(caller: string, options: AgentSpanOptions, own?: Tracer): OpenSpan {
  return openSpan(own, (tracer) => {
    const reader = new OptionReader(caller, options);
    const identity = readIdentity(reader, {
      id: ['agentId', 'id'],
      name: ['agentName', 'name'],
      role: ['role'],
    });
    const agent = identity?.agent?.name ?? identity?.agent?.id ?? 'agent';
    const system = reader.text('system');
    const span = startSpan(tracer, {
      name: reader.text('spanName') ?? `${agent}.run`,
      kind: reader.otelKind(),
      attributes: {
        [Attr.SPAN_KIND]: reader.spanKind(SpanKindValues.AGENT),
        [Attr.LLM_SYSTEM]: system,
        [Attr.SYSTEM]: system,
      },
      identity,
      isAgentRun: true,
    });
    return span.setInput(reader.value('input'));
  });
}

/**
 * Puts a span around a step of your own, such as a tool, a retrieval or a router, and returns a
 * promise of what the function returns. It is a child of the active span. Identity, failures and
 * tracing that is off are as with `agentSpan`.
 *
 * @example
 * const order = await manualSpan(
 *   { spanName: 'lookup_order', spanKind: 'TOOL', toolName: 'lookup_order', input: { id } },
 *   async (span) => {
 *     const found = await orders.find(id);
 *     span.setOutput(found);
 *     return found;
 *   },
 * );
 */
export function manualSpan<T>(options: ManualSpanOptions, fn: SpanFunction<T>): Promise<T>;
export function manualSpan<T>(
  tracer: Tracer,
  options: ManualSpanOptions,
  fn: SpanFunction<T>,
): Promise<T>;
export function manualSpan<T>(
  ...args: SpanArguments<[ManualSpanOptions, SpanFunction<T>]>
): Promise<T> {
  const [options, fn, own] =
    args.length === 2 ? [...args, undefined] : [args[1], args[2], asTracer('manualSpan', args[0])];
  return runInSpan(openManualSpan('manualSpan', options, own), fn);
}

/**
 * Starts a span of a step that no single function spans: `run()` makes it active, `end()` ends it.
 * Everything else is as with {@link manualSpan}. A span that is still open at `shutdown()` is sent
 * as incomplete.
 */
export function startManualSpan(options: ManualSpanOptions): OpenSpanHandle;
export function startManualSpan(tracer: Tracer, options: ManualSpanOptions): OpenSpanHandle;
export function startManualSpan(...args: SpanArguments<[ManualSpanOptions]>): OpenSpanHandle {
  const [options, own] =
    args.length === 1 ? [...args, undefined] : [args[1], asTracer('startManualSpan', args[0])];
  return openManualSpan('startManualSpan', options, own);
}

function openManualSpan(caller: string, options: ManualSpanOptions, own?: Tracer): OpenSpan {
  return openSpan(own, (tracer) => {
    const reader = new OptionReader(caller, options);
    const system = reader.text('system');
    const span = startSpan(tracer, {
      name: reader.text('spanName') ?? 'manual.span',
      kind: reader.otelKind(),
      attributes: {
        [Attr.SPAN_KIND]: reader.spanKind(SpanKindValues.CHAIN),
        [Attr.LLM_SYSTEM]: system,
        [Attr.SYSTEM]: system,
        [Attr.MODEL_NAME]: reader.text('model'),
        [Attr.TOOL_NAME]: reader.text('toolName'),
        [Attr.TOOL_CALL_ID]: reader.text('toolCallId'),
      },
      identity: readIdentity(reader, { id: ['agentId'], name: ['agentName'], role: ['agentRole'] }),
      isAgentRun: false,
    });
    const usage = reader.record('usage');
    if (usage !== undefined) span.recordUsage(usage);
    return span
      .setInput(reader.value('input'))
      .setOutput(reader.value('output'))
      .setAttributes(reader.record('attributes') ?? {});
  });
}
