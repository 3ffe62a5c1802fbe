import type { DecodedSpan } from './otlp-decode.js';
import type { Receiver } from './otlp-receiver.js';
import { setup } from '../../src/setup.js';
import type { SetupOptions } from '../../src/options/setup-options.js';
import { type Capture, type CapturedSpan, readCapture } from './corpus.js';
import { replayCapture } from './corpus-replay.js';

/** A captured span beside what arrived of it, and its place in the tree of the capture. */
export interface ReplayedSpan {
  readonly raw: CapturedSpan;
  readonly sent: DecodedSpan;
  readonly parent: ReplayedSpan | undefined;
  readonly children: readonly ReplayedSpan[];
}

/** A capture after its way through tracing to a collector. */
export interface TracedReplay {
  readonly capture: Capture;
  /** One for each captured span, in the order of the capture. */
  readonly spans: readonly ReplayedSpan[];
  /** Spans that arrived and were never captured: made up on the way. */
  readonly added: readonly DecodedSpan[];
  /** Everything that arrived. */
  readonly received: readonly DecodedSpan[];
}

/** Replays a capture through `setup()` and hands back what the receiver decoded of it. */
export async function traceCapture(
  receiver: Receiver,
  version: string,
  scenario: string,
  options: SetupOptions = {},
): Promise<TracedReplay> {
  const capture = readCapture(version, scenario);
  const before = receiver.spans().length;
  const tracing = await setup({
    endpoint: receiver.endpoint,
    autoInstrument: false,
    ...options,
  });
  const replayed = replayCapture(capture, tracing.provider);
  await tracing.shutdown();
  const received = receiver.spans().slice(before);
  return join(capture, received, (captured) => {
    const span = replayed.get(captured.spanId);
    if (span === undefined) throw new Error(`${captured.name} was not replayed`);
    return span.spanContext().spanId;
  });
}

function join(
  capture: Capture,
  received: readonly DecodedSpan[],
  sentId: (captured: CapturedSpan) => string,
): TracedReplay {
  const arrived = new Map(received.map((span) => [span.spanId, span]));
  if (arrived.size !== received.length) throw new Error('a span arrived twice');
  const nodes = new Map<string, ReplayedSpan & { children: ReplayedSpan[] }>();
  for (const captured of capture.spans) {
    const sent = arrived.get(sentId(captured));
    if (sent === undefined) throw new Error(`${captured.name} (${captured.spanId}) did not arrive`);
    arrived.delete(sent.spanId);
    const raw = { ...captured, attributes: asOnTheWire(captured.attributes) };
    nodes.set(raw.spanId, { raw, sent, parent: undefined, children: [] });
  }
  for (const node of nodes.values()) {
    const parent = nodes.get(node.raw.parentSpanId ?? '');
    if (parent === undefined) continue;
    Object.assign(node, { parent });
    parent.children.push(node);
  }
  return { capture, spans: [...nodes.values()], added: [...arrived.values()], received };
}

/** UTF-8 has no lone surrogates: each goes out as U+FFFD, outside and inside JSON text. */
function asOnTheWire<T>(value: T): T {
  const json = JSON.stringify(value).replaceAll(LONE_SURROGATE, '\ufffd');
  return JSON.parse(json) as T;
}

/** An escaped surrogate, however often the text around it was escaped, is one without a pair. */
const LONE_SURROGATE = /\\+u[dD][89a-fA-F][0-9a-fA-F]{2}/gu;

/** Every span below this one. */
export function descendants(span: ReplayedSpan): readonly ReplayedSpan[] {
  return span.children.flatMap((child) => [child, ...descendants(child)]);
}

/** Those with this name. */
export function named(spans: readonly ReplayedSpan[], name: string): readonly ReplayedSpan[] {
  return spans.filter((span) => span.raw.name === name);
}
