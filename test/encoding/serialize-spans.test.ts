import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { toUSVString } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SpanMemory } from '../../src/export/encoded-span.js';
import { encodeSpan, hasValidIds, serializeSpans } from '../../src/export/serialize-spans.js';
import { joinRequests, splitRequest } from '../../src/export/spool-recovery.js';
import { MappedSpan } from '../../src/mapping/mapped-span.js';
import { endedSpan } from '../support/delivery-fixture.js';
import { decodeTraceRequest, type DecodedSpan } from '../support/otlp-decode.js';
import { arbitrarySpan, arbitraryText } from '../support/span-arbitrary.js';

const PROTOBUF = 'application/x-protobuf';
const JSON_TYPE = 'application/json';

function decode(spans: readonly ReadableSpan[]): DecodedSpan[] {
  return decodeTraceRequest(serializeSpans(spans), PROTOBUF);
}

function decodeStock(spans: readonly ReadableSpan[]): DecodedSpan[] {
  return decodeTraceRequest(ProtobufTraceSerializer.serializeRequest([...spans])!, PROTOBUF);
}

describe('serializeSpans', () => {
  it('writes for any span what OpenTelemetry writes', () => {
    fc.assert(
      fc.property(arbitrarySpan, (span) => {
        expect(decode([span])).toEqual(decodeStock([span]));
      }),
      { numRuns: 400 },
    );
  });

  it('reads back of an encoded span what was written', () => {
    fc.assert(
      fc.property(arbitrarySpan, (span) => {
        const encoded = encodeSpan(span, new SpanMemory());
        expect(decode([encoded])).toEqual(decode([span]));
        const readBack = new MappedSpan(span, { entries: encoded.entries });
        expect(decode([readBack])).toEqual(decode([span]));
      }),
      { numRuns: 200 },
    );
  });

  it('keeps a waiting span as it is while the memory of taken ones is used again', () => {
    const memory = new SpanMemory();
    const random = fc.sample(fc.nat(2 ** 30), 4_000);
    let waiting: { readonly text: string; readonly span: ReadableSpan }[] = [];
    for (const [index, number] of random.entries()) {
      const text = `${index} `.repeat(1 + (number % 2_000));
      waiting.push({ text, span: encodeSpan(endedSpan('s', { text }), memory) });
      if (number % 40 !== 0) continue;
      // Batches come back in any order, and of some nobody ever says that they were taken.
      const at = (number >> 8) % waiting.length;
      const batch = waiting.splice(at, 50);
      expect(decode(batch.map(({ span }) => span)).map(({ attributes }) => attributes)).toEqual(
        batch.map(({ text: sent }) => ({ text: sent })),
      );
      const taken = batch.map(({ span }) => span);
      if (number % 3 !== 0) memory.release([...taken, ...taken]);
      waiting = waiting.slice(-200);
    }
    expect(waiting.length).toBeGreaterThan(0);
  });

  it('groups spans by resource and scope, and keeps every one', () => {
    const scopes = [{ name: 'a' }, { name: 'b', version: '2', schemaUrl: 'https://s' }];
    const resources = [endedSpan('x').resource, { ...endedSpan('x').resource, schemaUrl: 'r' }];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 1 }), fc.nat({ max: 1 }), arbitraryText), {
          maxLength: 30,
        }),
        (rows) => {
          const spans = rows.map(([scope, resource, name]): ReadableSpan => {
            const span = endedSpan('x');
            return {
              ...span,
              name,
              spanContext: () => span.spanContext(),
              attributes: span.attributes,
              events: [],
              links: [],
              resource: resources[resource] as ReadableSpan['resource'],
              instrumentationScope: scopes[scope]!,
            };
          });
          expect(decode(spans)).toEqual(decodeStock(spans));
        },
      ),
      { numRuns: 100 },
    );
  });

  it('takes no byte more than the stock writer', () => {
    const attributes = { 'llm.input_messages.0.message.content': 'hello '.repeat(1000), é: 'ü' };
    const spans = [endedSpan('llm_request', attributes)];
    const stock = ProtobufTraceSerializer.serializeRequest(spans)!;
    expect(serializeSpans(spans).length).toBeLessThanOrEqual(stock.length);
  });

  it.each(['x', 'é', 'ж', '漢', '🙂', '\ud800'])(
    'writes text of %j at every length at which a varint changes',
    (unit) => {
      for (const around of [0, 36, 40, 58, 120, 1360, 2040, 5450, 8180, 16_370]) {
        for (let length = around; length < around + 12; length++) {
          const text = unit.repeat(length);
          const [span] = decode([endedSpan('s', { k: text })]);
          expect(span?.attributes['k'] === toUSVString(text), `${length}`).toBe(true);
        }
      }
    },
  );

  it('leaves a malformed parent and link out, and times that no clock tells', () => {
    const broken = { traceId: 'zz', spanId: '', traceFlags: 1 };
    const span = endedSpan('s');
    const odd: ReadableSpan = {
      ...span,
      name: 's',
      spanContext: () => span.spanContext(),
      parentSpanContext: broken,
      links: [{ context: broken }],
      startTime: [Number.NaN, 0],
      endTime: [-5, 0.5],
      attributes: { odd: { nested: true } as never },
      instrumentationScope: span.instrumentationScope,
    };
    expect(hasValidIds(broken)).toBe(false);
    expect(hasValidIds(span.spanContext())).toBe(true);
    expect(decode([odd])[0]).toMatchObject({
      parentSpanId: '',
      links: [],
      startNanos: 0n,
      endNanos: 0n,
      attributes: { odd: null },
    });
  });
});

describe.each([
  [PROTOBUF, (span: ReadableSpan) => serializeSpans([span])],
  [JSON_TYPE, (span: ReadableSpan) => JsonTraceSerializer.serializeRequest([span])!],
])('a request of several in %s', (type, serialize) => {
  it('has every span, and comes apart into as many', () => {
    const bodies = ['a', 'b', 'c'].map((name) => serialize(endedSpan(name, { name })));
    const joined = joinRequests(type, bodies);
    expect(decodeTraceRequest(joined, type).map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    const parts = splitRequest(type, joined);
    expect(parts.map((part) => decodeTraceRequest(part, type)[0]?.name)).toEqual(['a', 'b', 'c']);
  });

  it('that is cut off stays whole', () => {
    if (type === JSON_TYPE) return;
    const body = joinRequests(type, [serialize(endedSpan('a'))]);
    expect(splitRequest(type, body.subarray(0, 30))).toHaveLength(1);
  });
});
