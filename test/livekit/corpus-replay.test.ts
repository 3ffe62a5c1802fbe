import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { listCaptures, readCapture } from '../support/corpus.js';
import { replayCapture } from '../support/corpus-replay.js';

interface Seen {
  readonly does: 'start' | 'end';
  readonly span: ReadableSpan;
  /** How many attributes the span carried when the processor saw it. */
  readonly attributes: number;
}

function replay(version: string, scenario: string) {
  const seen: Seen[] = [];
  const see = (does: Seen['does'], span: ReadableSpan): void => {
    seen.push({ does, span, attributes: Object.keys(span.attributes).length });
  };
  const processor: SpanProcessor = {
    onStart: (span) => see('start', span),
    onEnd: (span) => see('end', span),
    forceFlush: async () => {},
    shutdown: async () => {},
  };
  const provider = new BasicTracerProvider({ spanProcessors: [processor] });
  const capture = readCapture(version, scenario);
  return { capture, seen, spans: replayCapture(capture, provider) };
}

describe('replay of a capture', () => {
  it.each(listCaptures())('$version $scenario gives every span back', ({ version, scenario }) => {
    const { capture, seen, spans } = replay(version, scenario);
    const ended = seen.filter((step) => step.does === 'end').map((step) => step.span);

    expect(
      ended.map(({ name, attributes, startTime, endTime, status, events }) => ({
        name,
        attributes,
        startTime,
        endTime,
        status: status.code,
        events: events.map((event) => [event.name, event.time, event.attributes ?? {}]),
      })),
    ).toEqual(
      capture.spans.map(({ name, attributes, startTime, endTime, status, events }) => ({
        name,
        attributes,
        startTime,
        endTime,
        status: status.code,
        events: events.map((event) => [event.name, event.time, event.attributes ?? {}]),
      })),
    );
    // The same family: each parent stands for the captured parent, each trace for one trace.
    const captured = new Map([...spans].map(([id, span]) => [span.spanContext().spanId, id]));
    expect(
      ended.map((span) => {
        const parent = span.parentSpanContext?.spanId;
        return parent === undefined ? null : (captured.get(parent) ?? parent);
      }),
    ).toEqual(capture.spans.map((span) => span.parentSpanId));
    const pairs = new Set(
      ended.map((span, index) => `${capture.spans[index]?.traceId} ${span.spanContext().traceId}`),
    );
    expect(pairs.size).toBe(new Set(capture.spans.map((span) => span.traceId)).size);
  });

  it('starts and ends spans in the order of the run', () => {
    const { capture, seen } = replay('1.9.0', 'realtime_turn');
    const expected = capture.spans
      .flatMap((span) => [
        { at: span.startSeq, step: `start ${span.name}` },
        { at: span.endSeq, step: `end ${span.name}` },
      ])
      .toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))
      .map(({ step }) => step);
    expect(seen.map((step) => `${step.does} ${step.span.name}`)).toEqual(expected);
  });

  it('starts a parent before its children where the run was not numbered', () => {
    const { seen } = replay('1.9.0', 'job_top_auto');
    const started = new Set<string>();
    for (const { does, span } of seen) {
      if (does !== 'start') continue;
      if (span.parentSpanContext) expect(started).toContain(span.parentSpanContext.spanId);
      started.add(span.spanContext().spanId);
    }
    expect(started.size).toBe(12);
  });

  it('shows an open span what LiveKit shows, and no more', () => {
    const { seen } = replay('1.9.0', 'plain_turn');
    const atStart = Object.fromEntries(
      seen
        .filter((step) => step.does === 'start' && step.attributes > 0)
        .map((step) => [step.span.name, step.attributes]),
    );
    expect(atStart).toEqual({ start_agent_activity: 1, on_enter: 1, on_exit: 1 });
  });

  it('carries the agent on an open turn', () => {
    const capture = readCapture('1.9.0', 'plain_turn');
    const open = new Map<string, unknown>();
    let turn: ReadableSpan | undefined;
    const provider = new BasicTracerProvider({
      spanProcessors: [
        {
          onStart: (span) => {
            if (span.name === 'agent_turn') turn = span;
            if (span.name === 'llm_node') {
              open.set('agent', turn?.attributes['gen_ai.agent.name']);
              open.set('text', turn?.attributes['lk.pii.response.text']);
            }
          },
          onEnd: () => {},
          forceFlush: async () => {},
          shutdown: async () => {},
        },
      ],
    });
    replayCapture(capture, provider);
    expect(Object.fromEntries(open)).toEqual({ agent: 'default_agent', text: undefined });
  });
});
