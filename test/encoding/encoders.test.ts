import { SpanKind, SpanStatusCode, type AttributeValue } from '@opentelemetry/api';
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  type ReadableSpan,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createJsonEncoder } from '../../src/export/json-encoder.js';
import { createProtobufEncoder } from '../../src/export/protobuf-encoder.js';
import type { EncodedResource, SpanEncoder } from '../../src/export/span-encoder.js';
import type { EncodedSpan, ScopeRecord, SpanRecord } from '../../src/export/span-record.js';
import { decodeTraceRequest, type DecodedSpan } from '../support/otlp-decode.js';
import { arbitraryPairs, arbitraryRecord, arbitraryText } from '../support/span-arbitrary.js';

const RESOURCE: EncodedResource = {
  attributes: { 'service.name': 'agent', 'process.pid': 7, regions: ['a', null] },
  schemaUrl: 'https://opentelemetry.io/schemas/1.29.0',
};
const SCOPE: ScopeRecord = { name: 'livekit-agents', version: '1.9.0' };

const RECORD: SpanRecord = {
  name: 'llm_request',
  kind: SpanKind.CLIENT,
  spanContext: {
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    traceFlags: 1,
  },
  parentSpanContext: undefined,
  startTime: [1_700_000_000, 1],
  endTime: [1_700_000_001, 999_999_999],
  status: { code: SpanStatusCode.UNSET },
  events: [],
  links: [],
  droppedAttributesCount: 0,
  droppedEventsCount: 0,
  droppedLinksCount: 0,
};

const OTEL_RESOURCE = resourceFromAttributes(RESOURCE.attributes, {
  schemaUrl: RESOURCE.schemaUrl!,
});

type Pairs = readonly (readonly [string, AttributeValue])[];

function encode(encoder: SpanEncoder, record: SpanRecord, pairs: Pairs): Uint8Array {
  return encoder.encodeSpan(record, (sink) => {
    for (const [key, value] of pairs) sink.put(key, value, 'none');
  });
}

function decode(encoder: SpanEncoder, spans: readonly EncodedSpan[]): DecodedSpan[] {
  const body = Buffer.concat(encoder.frameRequest(spans));
  const framing = body.length - spans.reduce((sum, span) => sum + span.bytes.length, 0);
  const scopes = [...new Set(spans.map((span) => span.scope))];
  expect(framing).toBeLessThanOrEqual(
    scopes.reduce(
      (sum, scope) => sum + encoder.scopeOverheadBytes(scope),
      encoder.requestOverheadBytes,
    ),
  );
  return decodeTraceRequest(body, encoder.contentType);
}

function roundTrip(encoder: SpanEncoder, record: SpanRecord, pairs: Pairs): DecodedSpan {
  const [span, ...more] = decode(encoder, [
    { scope: SCOPE, bytes: encode(encoder, record, pairs) },
  ]);
  expect(more).toEqual([]);
  return span!;
}

/** What OpenTelemetry's own serializer sends for the same span. */
function reference(record: SpanRecord, pairs: Pairs, scope: ScopeRecord = SCOPE): ReadableSpan {
  const { spanContext, ...rest } = record;
  return {
    ...rest,
    events: record.events.map((event) => ({ ...event })),
    links: [...record.links],
    spanContext: () => spanContext,
    duration: [0, 0],
    ended: true,
    attributes: Object.fromEntries(pairs),
    resource: OTEL_RESOURCE,
    instrumentationScope: scope,
  } as ReadableSpan;
}

function decodeReference(spans: ReadableSpan[]): DecodedSpan[] {
  return decodeTraceRequest(
    ProtobufTraceSerializer.serializeRequest(spans)!,
    'application/x-protobuf',
  );
}

/** A protobuf field that has a length. */
function field(tag: number, content: Buffer): Buffer {
  const length: number[] = [];
  for (let rest = content.length; ; rest >>= 7) {
    if (rest < 0x80) return Buffer.concat([Buffer.from([tag, ...length, rest]), content]);
    length.push((rest & 0x7f) | 0x80);
  }
}

const ENCODERS = [
  { name: 'protobuf', create: createProtobufEncoder },
  { name: 'JSON', create: createJsonEncoder },
];

describe.each(ENCODERS)('$name encoder', ({ create }) => {
  it('sends for any span what OpenTelemetry sends', () => {
    const encoder = create(RESOURCE);
    fc.assert(
      fc.property(arbitraryRecord, arbitraryPairs, (record, pairs) => {
        expect(roundTrip(encoder, record, pairs)).toEqual(
          decodeReference([reference(record, pairs)])[0],
        );
      }),
      { numRuns: 400 },
    );
  });

  it('groups by scope and keeps every span', () => {
    const encoder = create(RESOURCE);
    const copy: ScopeRecord = { ...SCOPE };
    const scopes: ScopeRecord[] = [
      SCOPE,
      { name: 'app', version: undefined },
      { name: 'app', version: '2' },
      copy,
    ];
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat({ max: 3 }), arbitraryText), { minLength: 1, maxLength: 30 }),
        (named) => {
          const records = named.map(([at, name]) => ({ scope: scopes[at]!, name }));
          const spans = records.map(({ scope, name }) => ({
            scope,
            bytes: encode(encoder, { ...RECORD, name }, [['n', name]]),
          }));
          expect(decode(encoder, spans)).toEqual(
            decodeReference(
              // OpenTelemetry takes scopes apart by identity, a receiver by name and version.
              records.map(({ scope, name }) =>
                reference({ ...RECORD, name }, [['n', name]], scope === copy ? SCOPE : scope),
              ),
            ),
          );
        },
      ),
      { numRuns: 100 },
    );
  });

  it('keeps nothing of a span whose attributes failed, and goes on', () => {
    const encoder = create(RESOURCE);
    const before = encode(encoder, RECORD, [['a', 1]]);
    expect(() =>
      encoder.encodeSpan(RECORD, (sink) => {
        sink.put('secret', 'x'.repeat(200_000), 'none');
        throw new Error('mapping failed');
      }),
    ).toThrow('mapping failed');
    expect(encode(encoder, RECORD, [['a', 1]])).toEqual(before);
    expect(Buffer.from(before).includes('secret')).toBe(false);
  });

  it('encodes a span that ends while another one is being encoded', () => {
    const encoder = create(RESOURCE);
    let inner: Uint8Array | undefined;
    const outer = encoder.encodeSpan(RECORD, (sink) => {
      sink.put('before', 'x'.repeat(70_000), 'none');
      inner = encode(encoder, { ...RECORD, name: 'inner' }, [['i', 'y'.repeat(100_000)]]);
      sink.put('after', 2, 'none');
    });
    expect(outer).toEqual(
      encode(encoder, RECORD, [
        ['before', 'x'.repeat(70_000)],
        ['after', 2],
      ]),
    );
    expect(inner).toEqual(
      encode(encoder, { ...RECORD, name: 'inner' }, [['i', 'y'.repeat(100_000)]]),
    );
  });

  it('refuses a span without ids, and leaves out a malformed parent and link', () => {
    const encoder = create(RESOURCE);
    const broken = { traceId: 'zz', spanId: '', traceFlags: 1 };
    expect(() => encode(encoder, { ...RECORD, spanContext: broken }, [])).toThrow(TypeError);
    const span = roundTrip(
      encoder,
      { ...RECORD, parentSpanContext: broken, links: [{ context: broken }] },
      [['kept', true]],
    );
    expect(span).toMatchObject({ parentSpanId: '', links: [], attributes: { kept: true } });
  });

  it('survives times that no clock tells', () => {
    const encoder = create(RESOURCE);
    const span = roundTrip(encoder, { ...RECORD, startTime: [NaN, 0], endTime: [-5, 0.5] }, []);
    expect(span).toMatchObject({ startNanos: 0n, endNanos: 0n });
  });

  it('takes what the SDK hands over', () => {
    const encoder = create(RESOURCE);
    const ended: ReadableSpan[] = [];
    const keep: SpanProcessor = {
      onStart: () => undefined,
      onEnd: (span) => ended.push(span),
      forceFlush: () => Promise.resolve(),
      shutdown: () => Promise.resolve(),
    };
    const provider = new BasicTracerProvider({ spanProcessors: [keep] });
    const span = provider.getTracer('livekit-agents', '1.9.0').startSpan('chat');
    span.setAttributes({ list: ['a', 'b'], ratio: 0.5, count: -3, flag: false });
    span.recordException(new Error('boom'));
    span.end();
    const raw = ended[0]!;
    const record: SpanRecord = {
      name: raw.name,
      kind: raw.kind,
      spanContext: raw.spanContext(),
      parentSpanContext: raw.parentSpanContext,
      startTime: raw.startTime,
      endTime: raw.endTime,
      status: raw.status,
      events: raw.events,
      links: raw.links,
      droppedAttributesCount: raw.droppedAttributesCount,
      droppedEventsCount: raw.droppedEventsCount,
      droppedLinksCount: raw.droppedLinksCount,
    };
    const pairs = Object.entries(raw.attributes) as [string, AttributeValue][];
    const mine = roundTrip(encoder, record, pairs);
    const { resourceAttributes, resourceSchemaUrl } = mine;
    expect({ ...decodeReference([raw])[0], resourceAttributes, resourceSchemaUrl }).toEqual(mine);
    expect(mine.attributes).toEqual({ list: ['a', 'b'], ratio: 0.5, count: -3, flag: false });
  });

  it('sends values that no attribute may have as null', () => {
    const odd = { nested: true } as unknown as AttributeValue;
    expect(roundTrip(create(RESOURCE), RECORD, [['odd', odd]]).attributes).toEqual({ odd: null });
  });
});

describe('protobuf encoder', () => {
  it('appends attributes that are encoded already', () => {
    const encoder = createProtobufEncoder(RESOURCE);
    const withoutPair = encode(encoder, RECORD, []);
    const bytesOfPairs = encode(encoder, RECORD, [
      ['cached', 'value'],
      ['more', 'words'],
    ]).subarray(withoutPair.length);
    const bytes = encoder.encodeSpan(RECORD, (sink) => {
      sink.put('first', 1, 'none');
      sink.replay?.put({ pieces: [bytesOfPairs], redacted: 0, rewritten: 0 });
      sink.put('last', 2, 'none');
    });
    expect(decode(encoder, [{ scope: SCOPE, bytes }])[0]?.attributes).toEqual({
      first: 1,
      cached: 'value',
      more: 'words',
      last: 2,
    });
  });

  it.each(['x', 'é', 'ж', '漢', '🙂', '\ud800', '\udc00é'])(
    'writes text of %j in the shortest form, around every length at which that changes',
    (unit) => {
      const encoder = createProtobufEncoder(RESOURCE);
      // Where a length takes a byte more: at one, two and three bytes a character, and where text is measured.
      const lengths = [
        0, 15, 18, 25, 28, 40, 55, 60, 85, 115, 120, 1365, 2048, 2728, 4092, 5455, 8180,
      ];
      for (const key of ['k', 'llm.input_messages.0.message.content', 'k'.repeat(130), 'ключ']) {
        for (const around of lengths) {
          for (let length = around; length < around + 15; length++) {
            const text = unit.repeat(length);
            const value = field(0x12, field(0x0a, Buffer.from(text)));
            const pair = field(0x4a, Buffer.concat([field(0x0a, Buffer.from(key)), value]));
            const sent = Buffer.from(encode(encoder, RECORD, [[key, text]]));
            // Byte by byte is slow to compare.
            expect(sent.subarray(-pair.length).equals(pair), `${key} ${length}`).toBe(true);
          }
        }
      }
    },
  );

  it.each([20, 2_000, 5_000])('finds room for %i characters of three bytes each', (length) => {
    const text = '漢'.repeat(length);
    for (let before = 48_000; before < 68_000; before += 90) {
      const sent = encode(createProtobufEncoder(RESOURCE), RECORD, [
        ['before', 'x'.repeat(before)],
        ['k', text],
      ]);
      expect(Buffer.from(sent).includes(text), `${before}`).toBe(true);
    }
  });

  it('writes one exact copy: no byte more than the reference', () => {
    const pairs: Pairs = [
      ['llm.input_messages.0.message.content', 'hello '.repeat(1000)],
      ['é', 'ü'],
    ];
    const encoder = createProtobufEncoder(RESOURCE);
    const scope: ScopeRecord = SCOPE;
    const mine = Buffer.concat(
      encoder.frameRequest([{ scope, bytes: encode(encoder, RECORD, pairs) }]),
    );
    const theirs = ProtobufTraceSerializer.serializeRequest([reference(RECORD, pairs)])!;
    expect(mine.length).toBeLessThanOrEqual(theirs.length);
  });
});

describe('JSON encoder', () => {
  it('is the same JSON as OpenTelemetry reads and writes', () => {
    const pairs: Pairs = [
      ['text', 'a"b\n'],
      ['count', 5],
      ['list', [true, null]],
    ];
    const theirs = decodeTraceRequest(
      JsonTraceSerializer.serializeRequest([reference(RECORD, pairs)])!,
      'application/json',
    );
    expect([roundTrip(createJsonEncoder(RESOURCE), RECORD, pairs)]).toEqual(theirs);
  });

  it('writes 64-bit integers as strings and ids as hex', () => {
    const encoder = createJsonEncoder(RESOURCE);
    const bytes = encode(encoder, RECORD, [['count', 2 ** 53 - 1]]);
    const json: unknown = JSON.parse(Buffer.from(bytes).toString().slice(1));
    expect(json).toMatchObject({
      traceId: RECORD.spanContext.traceId,
      startTimeUnixNano: '1700000000000000001',
      kind: 3,
      attributes: [{ key: 'count', value: { intValue: '9007199254740991' } }],
    });
  });
});
