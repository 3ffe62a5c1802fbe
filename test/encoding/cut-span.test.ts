import * as fc from 'fast-check';
import type { AttributeValue } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { cutSpan } from '../../src/export/cut-span.js';
import { cutText } from '../../src/export/cut-text.js';
import { serializeSpans } from '../../src/export/serialize-spans.js';
import { MappedSpan } from '../../src/mapping/mapped-span.js';
import { endedSpan } from '../support/delivery-fixture.js';
import { decodeTraceRequest } from '../support/otlp-decode.js';
import { arbitrarySpan, arbitraryText } from '../support/span-arbitrary.js';

type Pairs = readonly (readonly [string, AttributeValue])[];

function spanOf(pairs: Pairs, events: ReadableSpan['events'] = []): MappedSpan {
  return new MappedSpan(endedSpan('llm_request'), {
    status: { code: 2, message: 'went wrong' },
    entries: pairs.map(([key, value]) => ({ key, value })),
    events,
    droppedAttributesCount: 3,
  });
}

function message(index: number, role: string, content: string): Pairs {
  return [
    [`llm.input_messages.${index}.message.role`, role],
    [`llm.input_messages.${index}.message.content`, content],
  ];
}

function exception(bytes: number): ReadableSpan['events'] {
  return [{ name: 'exception', time: [1, 0], attributes: { stack: 'x'.repeat(bytes) } }];
}

function bytesOf(span: ReadableSpan): number {
  return serializeSpans([span]).length;
}

describe('a span that is too large', () => {
  it('loses its oldest messages first, without a gap, and keeps the system prompt', () => {
    const words = 'word '.repeat(40);
    const pairs = [
      ...message(0, 'system', 'be kind'),
      ...Array.from({ length: 20 }, (_, index) => message(index + 1, 'user', words + index)).flat(),
      ['llm.token_count.total', 7] as const,
    ];
    const span = cutSpan(spanOf(pairs), 2500)!;
    expect(bytesOf(span)).toBeLessThanOrEqual(2500);
    const contents = span.entries.filter(({ key }) => key.endsWith('.content'));
    expect(contents.length).toBeGreaterThan(3);
    expect(contents.map(({ value }) => value)).toEqual([
      'be kind',
      ...Array.from(
        { length: contents.length - 1 },
        (_, index) => words + (21 - contents.length + index),
      ),
    ]);
    expect(contents.map(({ key }) => Number(key.split('.')[2]))).toEqual(
      contents.map((_, index) => index),
    );
    expect(span.droppedAttributesCount).toBe(3 + 2 * (21 - contents.length));
    expect(span.get('llm.token_count.total')).toBe(7);
    expect(span.get('catalyst.truncated')).toBe(true);
    expect(span.status).toEqual({ code: 2, message: 'went wrong' });
  });

  it('keeps JSON what is JSON, the newest items of it', () => {
    const messages = Array.from({ length: 200 }, (_, index) => ({
      role: 'user',
      content: `m${index}`,
    }));
    const span = cutSpan(spanOf([['input.value', JSON.stringify({ messages })]]), 3000)!;
    const value = JSON.parse(String(span.get('input.value'))) as { messages: unknown[] };
    expect(value.messages.length).toBeGreaterThan(10);
    expect(value.messages.at(-1)).toEqual({ role: 'user', content: 'm199' });
  });

  it('loses its events only when they take the room', () => {
    const pairs: Pairs = [['text', 'y'.repeat(5000)]];
    expect(cutSpan(spanOf(pairs, exception(100)), 3000)?.events).toHaveLength(1);
    expect(cutSpan(spanOf(pairs, exception(5000)), 3000)).toMatchObject({
      events: [],
      droppedEventsCount: 1,
    });
  });

  it('can be cut again, and is marked once', () => {
    const first = cutSpan(spanOf([['text', 'x'.repeat(9000)]]), 4000)!;
    const second = cutSpan(first, 2000)!;
    expect(bytesOf(second)).toBeLessThanOrEqual(2000);
    expect(second.entries.filter(({ key }) => key === 'catalyst.truncated')).toHaveLength(1);
  });

  it('is given up when nothing of it can be cut', () => {
    const pairs: Pairs = Array.from({ length: 500 }, (_, index) => [`key.${index}`, index]);
    expect(cutSpan(spanOf(pairs), 1000)).toBeUndefined();
  });

  it('comes out well-formed or is given up, whatever it holds', () => {
    fc.assert(
      fc.property(arbitrarySpan, fc.integer({ min: 300, max: 30_000 }), (span, limit) => {
        const cut = cutSpan(span, limit);
        if (cut === undefined) return;
        const body = serializeSpans([cut]);
        const [decoded] = decodeTraceRequest(body, 'application/x-protobuf');
        expect(decoded?.attributes['catalyst.truncated']).toBe(true);
        expect(body.length).toBeLessThanOrEqual(
          Math.max(serializeSpans([span]).length, limit) + 40,
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe('a text that is cut', () => {
  it('fits, whatever it is', () => {
    fc.assert(
      fc.property(arbitraryText, fc.integer({ min: 4, max: 1000 }), (text, limit) => {
        expect(Buffer.byteLength(cutText(text, limit))).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('stays JSON of the same shape, whatever it is', () => {
    const structure = fc.oneof(
      fc.array(fc.jsonValue()),
      fc.dictionary(fc.string(), fc.jsonValue()),
    );
    fc.assert(
      fc.property(structure, fc.integer({ min: 4, max: 1000 }), (value, limit) => {
        const cut = cutText(JSON.stringify(value), limit);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(limit);
        expect(Array.isArray(JSON.parse(cut))).toBe(Array.isArray(value));
      }),
    );
  });

  it('survives JSON of any depth', () => {
    const deep = '['.repeat(50_000) + ']'.repeat(50_000);
    expect(Buffer.byteLength(cutText(deep, 1000))).toBeLessThanOrEqual(1000);
  });

  it('never halves a character', () => {
    expect(cutText('😀'.repeat(100), 43)).toMatch(/^(😀)+…$/u);
  });
});
