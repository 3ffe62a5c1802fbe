import {
  type Attributes,
  context,
  ROOT_CONTEXT,
  type Span,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import type { CatalystTracing } from '../../src/catalyst-tracing.js';
import type { SetupOptions } from '../../src/options/setup-options.js';
import { setup } from '../../src/setup.js';
import type { DecodedSpan } from './otlp-decode.js';
import type { Receiver } from './otlp-receiver.js';

/** A span to be opened, with those below it, which start and end within it. */
export interface ScriptedSpan {
  readonly name: string;
  readonly attributes?: Attributes;
  /** Default LiveKit's. */
  readonly scope?: string;
  /** Sets an error status with this message. */
  readonly error?: string;
  /** Opened as a root, with the span around it active: LiveKit up to 1.7.1 does so. */
  readonly root?: boolean;
  readonly children?: readonly ScriptedSpan[];
}

/** A LiveKit span. */
export function span(
  name: string,
  attributes: Attributes = {},
  ...children: readonly ScriptedSpan[]
): ScriptedSpan {
  return { name, attributes, children };
}

/** Runs these spans through a real tracer of `setup()` and gives what a collector received. */
export async function sendScript(
  receiver: Receiver,
  spans: readonly ScriptedSpan[],
  options: SetupOptions = {},
): Promise<readonly DecodedSpan[]> {
  const before = receiver.spans().length;
  const tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false, ...options });
  for (const each of spans) play(tracing, each, undefined);
  await tracing.shutdown();
  return receiver.spans().slice(before);
}

function play(tracing: CatalystTracing, script: ScriptedSpan, parent: Span | undefined): void {
  const tracer = tracing.provider.getTracer(script.scope ?? 'livekit-agents');
  const around = parent === undefined ? ROOT_CONTEXT : trace.setSpan(ROOT_CONTEXT, parent);
  context.with(around, () => {
    // LiveKit names the agent of an activity as it opens the span, and sets all else later.
    const atStart = script.name.endsWith('_agent_activity');
    const opened = tracer.startSpan(
      script.name,
      atStart ? { attributes: script.attributes ?? {} } : {},
      script.root === true ? ROOT_CONTEXT : around,
    );
    if (!atStart) opened.setAttributes(script.attributes ?? {});
    for (const child of script.children ?? []) play(tracing, child, opened);
    if (script.error !== undefined) {
      opened.setStatus({ code: SpanStatusCode.ERROR, message: script.error });
    }
    opened.end();
  });
}

/** The only span of this name; throws when there are none or several. */
export function only(spans: readonly DecodedSpan[], name: string): DecodedSpan {
  const [found, ...more] = spans.filter((each) => each.name === name);
  if (found === undefined || more.length > 0) {
    throw new Error(`expected one ${name}, saw ${spans.map((each) => each.name).join(', ')}`);
  }
  return found;
}
