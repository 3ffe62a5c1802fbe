import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { renderTraceTree } from '../../src/cli/dev/trace-tree.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { type Receiver, startReceiver } from '../support/otlp-receiver.js';
import { traceCapture } from '../support/traced-replay.js';

// Whole captures as a collector gets them, to be read: the tree first, then every attribute. With
// UPDATE_GOLDEN=1 the files are written anew; the difference is what has to be reviewed.

const CAPTURES = [
  ['1.9.0', 'tool_ok'],
  ['1.9.0', 'handoff'],
  ['1.9.0', 'llm_fail_final'],
  ['1.9.0', 'llm_retry_ok'],
  ['1.9.0', 'llm_fallback_adapter'],
  ['1.9.0', 'custom_llm_node_error'],
  ['1.9.0', 'realtime_turn'],
  ['1.9.0', 'voice_turn'],
  ['1.9.0', 'job_top_auto'],
  ['1.9.0', 'tool_toolerror'],
  ['1.9.0', 'interruption'],
  ['1.7.1', 'tool_parallel'],
  ['1.7.1', 'realtime_turn'],
  ['1.3.0', 'tool_ok'],
] as const;

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());

describe('golden captures', () => {
  it.each(CAPTURES)('%s %s', async (version, scenario) => {
    const { received } = await traceCapture(receiver, version, scenario);
    const text = render(received);
    const file = join(import.meta.dirname, version, `${scenario}.txt`);
    if (process.env['UPDATE_GOLDEN'] === '1') {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
    }
    expect(text).toBe(readFileSync(file, 'utf8'));
  });
});

function render(spans: readonly DecodedSpan[]): string {
  const named = withStableIds(spans);
  const details = named.map((span) => {
    const { name, spanId, parentSpanId, attributes, events, status } = span;
    return JSON.stringify({ name, spanId, parentSpanId, status, attributes, events }, plain, 2);
  });
  const shown = named.map(({ startNanos, endNanos, ...span }) => ({
    ...span,
    startMillis: Number(startNanos / 1000n) / 1000,
    endMillis: Number(endNanos / 1000n) / 1000,
    events: [],
  }));
  return `${renderTraceTree(shown)}\n\n${details.join('\n')}\n`;
}

/** Ids are new in every replay; these are numbers in order of arrival. */
function withStableIds(spans: readonly DecodedSpan[]): DecodedSpan[] {
  const names = new Map<string, string>();
  const stable = (id: string, kind: string): string => {
    if (id === '') return id;
    const known = names.get(id) ?? `${kind}-${names.size + 1}`;
    names.set(id, known);
    return known;
  };
  for (const span of spans) stable(span.traceId, 'trace');
  for (const span of spans) stable(span.spanId, 'span');
  return spans.map((span) => {
    let json = JSON.stringify(span.attributes);
    for (const [id, name] of names) json = json.replaceAll(id, name);
    return {
      ...span,
      traceId: stable(span.traceId, 'trace'),
      spanId: stable(span.spanId, 'span'),
      parentSpanId: stable(span.parentSpanId, 'span'),
      attributes: JSON.parse(json) as DecodedSpan['attributes'],
    };
  });
}

/** Of a stack only the error: the rest is where it was captured. */
function plain(key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (key === 'exception.stacktrace' && typeof value === 'string') return value.split('\n')[0];
  return value;
}
