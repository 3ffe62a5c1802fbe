import type { Tracer } from '@opentelemetry/api';
import { Attr, SpanKindValues } from '../semconv/attribute-keys.js';
import {
  type AgentSpanOptions,
  asTracer,
  OptionReader,
  readIdentity,
  readOptionAttributes,
} from './span-options.js';
import { type OpenSpan, runInSpan, type SpanFunction, type OpenSpanHandle } from './span-handle.js';
import { openSpan, startSpan } from './start-span.js';

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
  ...args:
    | readonly [AgentSpanOptions, SpanFunction<T>]
    | readonly [Tracer, AgentSpanOptions, SpanFunction<T>]
): Promise<T> {
  return args.length === 2
    ? runInSpan(open('agentSpan', undefined, args[0]), args[1])
    : runInSpan(open('agentSpan', asTracer('agentSpan', args[0]), args[1]), args[2]);
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
export function startAgentSpan(
  ...args: readonly [AgentSpanOptions] | readonly [Tracer, AgentSpanOptions]
): OpenSpanHandle {
  return args.length === 1
    ? open('startAgentSpan', undefined, args[0])
    : open('startAgentSpan', asTracer('startAgentSpan', args[0]), args[1]);
}

function open(caller: string, own: Tracer | undefined, options: AgentSpanOptions): OpenSpan {
  return openSpan(own, (tracer) => start(tracer, new OptionReader(caller, options)));
}

function start(tracer: Tracer, reader: OptionReader): OpenSpan {
  const identity = readIdentity(reader, {
    id: ['agentId', 'id'],
    name: ['agentName', 'name'],
    role: ['role'],
  });
  const agent = identity?.agent?.name ?? identity?.agent?.id ?? 'agent';
  const span = startSpan(tracer, {
    name: reader.text('spanName') ?? `${agent}.run`,
    kind: reader.otelKind(),
    attributes: {
      [Attr.SPAN_KIND]: reader.spanKind(SpanKindValues.AGENT),
      ...readOptionAttributes(reader, ['system']),
    },
    identity,
    isAgentRun: true,
  });
  return span.setInput(reader.value('input'));
}
