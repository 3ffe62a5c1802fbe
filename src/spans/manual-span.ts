import type { Tracer } from '@opentelemetry/api';
import { Attr, SpanKindValues } from '../semconv/attribute-keys.js';
import {
  asTracer,
  type ManualSpanOptions,
  OptionReader,
  readIdentity,
  readOptionAttributes,
} from './span-options.js';
import { type OpenSpan, runInSpan, type SpanFunction, type OpenSpanHandle } from './span-handle.js';
import { openSpan, startSpan } from './start-span.js';

/** Name of a span whose own cannot be used. */
const UNNAMED = 'manual.span';

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
  ...args:
    | readonly [ManualSpanOptions, SpanFunction<T>]
    | readonly [Tracer, ManualSpanOptions, SpanFunction<T>]
): Promise<T> {
  return args.length === 2
    ? runInSpan(open('manualSpan', undefined, args[0]), args[1])
    : runInSpan(open('manualSpan', asTracer('manualSpan', args[0]), args[1]), args[2]);
}

/**
 * Starts a span of a step that no single function spans: `run()` makes it active, `end()` ends it.
 * Everything else is as with {@link manualSpan}. A span that is still open at `shutdown()` is sent
 * as incomplete.
 */
export function startManualSpan(options: ManualSpanOptions): OpenSpanHandle;
export function startManualSpan(tracer: Tracer, options: ManualSpanOptions): OpenSpanHandle;
export function startManualSpan(
  ...args: readonly [ManualSpanOptions] | readonly [Tracer, ManualSpanOptions]
): OpenSpanHandle {
  return args.length === 1
    ? open('startManualSpan', undefined, args[0])
    : open('startManualSpan', asTracer('startManualSpan', args[0]), args[1]);
}

function open(caller: string, own: Tracer | undefined, options: ManualSpanOptions): OpenSpan {
  return openSpan(own, (tracer) => start(tracer, new OptionReader(caller, options)));
}

function start(tracer: Tracer, reader: OptionReader): OpenSpan {
  const span = startSpan(tracer, {
    name: reader.text('spanName') ?? UNNAMED,
    kind: reader.otelKind(),
    attributes: {
      [Attr.SPAN_KIND]: reader.spanKind(SpanKindValues.CHAIN),
      ...readOptionAttributes(reader, ['system', 'model', 'toolName', 'toolCallId']),
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
}
