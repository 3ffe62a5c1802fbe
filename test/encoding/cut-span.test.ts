import { SpanKind, SpanStatusCode, type AttributeValue } from '@opentelemetry/api';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cutText } from '../../src/export/cut-text.js';
import { createJsonEncoder } from '../../src/export/json-encoder.js';
import { createProtobufEncoder } from '../../src/export/protobuf-encoder.js';
import type { SpanEncoder } from '../../src/export/span-encoder.js';
import type { SpanRecord } from '../../src/export/span-record.js';
import { decodeTraceRequest, type DecodedSpan } from '../support/otlp-decode.js';
import { arbitraryPairs, arbitraryRecord, arbitraryText } from '../support/span-arbitrary.js';

const SCOPE = { name: 'livekit-agents', version: '1.9.0' };
const RESOURCE = { attributes: {}, schemaUrl: undefined };
const RECORD: SpanRecord = {
  name: 'llm_request',
  kind: SpanKind.CLIENT,
  spanContext: {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  },
  parentSpanContext: undefined,
  startTime: [1_700_000_000, 0],
  endTime: [1_700_000_001, 0],
  status: { code: SpanStatusCode.ERROR, message: 'went wrong' },
  events: [],
  links: [],
  droppedAttributesCount: 3,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
};

type Pairs = readonly (readonly [string, AttributeValue])[];

function encode(encoder: SpanEncoder, record: SpanRecord, pairs: Pairs): Uint8Array {
  return encoder.encodeSpan(record, (sink) => {
    for (const [key, value] of pairs) sink.put(key, value, 'none');
  });
}

function decode(encoder: SpanEncoder, bytes: Uint8Array): DecodedSpan {
  const body = Buffer.concat(encoder.frameRequest([{ scope: SCOPE, bytes }]));
  return decodeTraceRequest(body, encoder.contentType)[0]!;
}

function message(index: number, role: string, content: string): Pairs {
  return [
    [`llm.input_messages.${index}.message.role`, role],
    [`llm.input_messages.${index}.message.content`, content],
  ];
}

function exception(bytes: number): SpanRecord['events'] {
  return [{ name: 'exception', time: [1, 0], attributes: { stack: 'x'.repeat(bytes) } }];
}

function contents(span: DecodedSpan): unknown[] {
  return Object.entries(span.attributes)
    .filter(([key]) => key.endsWith('.content'))
    .map(([, value]) => value);
}

describe.each([
  ['protobuf', createProtobufEncoder(RESOURCE)],
  ['JSON', createJsonEncoder(RESOURCE)],
])('a span in %s that is too large', (_, encoder) => {
  it('loses its oldest messages first, without a gap, and keeps the system prompt', () => {
    const words = 'word '.repeat(40);
    const pairs = [
      ...message(0, 'system', 'be kind'),
      ...Array.from({ length: 20 }, (__, index) =>
        message(index + 1, 'user', words + index),
      ).flat(),
      ['llm.token_count.total', 7] as const,
    ];
    const cut = encoder.cutSpan(encode(encoder, RECORD, pairs), 2500);
    const span = decode(encoder, cut!);
    const kept = contents(span).length;
    expect(cut!.length).toBeLessThanOrEqual(2500);
    expect(kept).toBeGreaterThan(3);
    expect(contents(span)).toEqual([
      'be kind',
      ...Array.from({ length: kept - 1 }, (__, index) => words + (21 - kept + index)),
    ]);
    expect(
      Object.keys(span.attributes)
        .slice(0, 2 * kept)
        .map((key) => Number(key.split('.')[2])),
    ).toEqual(Array.from({ length: 2 * kept }, (__, index) => Math.floor(index / 2)));
    expect(span).toMatchObject({
      name: 'llm_request',
      status: { code: 2, message: 'went wrong' },
      droppedAttributesCount: 3 + 2 * (21 - kept),
    });
    expect(span.attributes['llm.token_count.total']).toBe(7);
    expect(span.attributes['catalyst.truncated']).toBe(true);
  });

  it('keeps JSON what is JSON, the newest items of it', () => {
    const items = Array.from({ length: 200 }, (__, index) => ({
      role: 'user',
      content: `m${index}`,
    }));
    const pairs: Pairs = [['input.value', JSON.stringify({ messages: items })]];
    const span = decode(encoder, encoder.cutSpan(encode(encoder, RECORD, pairs), 3000)!);
    const value = JSON.parse(String(span.attributes['input.value'])) as { messages: unknown[] };
    expect(value.messages.length).toBeGreaterThan(10);
    expect(value.messages.at(-1)).toEqual({ role: 'user', content: 'm199' });
  });

  it('loses its events only when they take the room', () => {
    const pairs: Pairs = [['text', 'y'.repeat(5000)]];
    const small = { ...RECORD, events: exception(100) };
    const large = { ...RECORD, events: exception(5000) };
    expect(
      decode(encoder, encoder.cutSpan(encode(encoder, small, pairs), 3000)!).events,
    ).toHaveLength(1);
    expect(decode(encoder, encoder.cutSpan(encode(encoder, large, pairs), 3000)!)).toMatchObject({
      events: [],
      droppedEventsCount: 1,
    });
  });

  it('can be cut again, and is marked once', () => {
    const first = encoder.cutSpan(encode(encoder, RECORD, [['text', 'x'.repeat(9000)]]), 4000)!;
    const second = encoder.cutSpan(first, 2000)!;
    expect(second.length).toBeLessThanOrEqual(2000);
    expect(decode(encoder, second).attributes['catalyst.truncated']).toBe(true);
  });

  it('is given up when nothing of it can be cut', () => {
    const pairs: Pairs = Array.from({ length: 500 }, (__, index) => [`key.${index}`, index]);
    expect(encoder.cutSpan(encode(encoder, RECORD, pairs), 1000)).toBeUndefined();
  });

  it('is, whatever it holds, within its limit and well-formed, or given up', () => {
    fc.assert(
      fc.property(
        arbitraryRecord,
        arbitraryPairs,
        fc.integer({ min: 300, max: 30_000 }),
        (record, pairs, limit) => {
          const cut = encoder.cutSpan(encode(encoder, record, pairs), limit);
          if (cut === undefined) return;
          expect(cut.length).toBeLessThanOrEqual(limit);
          expect(decode(encoder, cut).traceId).toBe(record.spanContext.traceId);
        },
      ),
      { numRuns: 300 },
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
