import {
  createTraceState,
  SpanKind,
  SpanStatusCode,
  type Attributes,
  type AttributeValue,
  type HrTime,
  type Link,
  type SpanContext,
} from '@opentelemetry/api';
import * as fc from 'fast-check';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

const RESOURCE = resourceFromAttributes(
  { 'service.name': 'agent', 'process.pid': 7, regions: ['a', null] },
  { schemaUrl: 'https://opentelemetry.io/schemas/1.29.0' },
);
const SCOPE = { name: 'livekit-agents', version: '1.9.0' };

/** Any text, with what breaks encoders: lone surrogates, NUL, a BOM, several planes, and length. */
export const arbitraryText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc
    .array(
      fc.constantFrom('\ud800', '\udc00', '\ud83d\ude00', '\0', '\ufeff', 'é', '漢', '"', '\\'),
    )
    .map((parts) => parts.join('')),
  fc.nat({ max: 40_000 }).map((length) => 'x'.repeat(length)),
  fc.nat({ max: 5_000 }).map((length) => '\udfffä'.repeat(length)),
);

const arbitraryNumber: fc.Arbitrary<number> = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(
    0,
    -0,
    NaN,
    Infinity,
    -Infinity,
    -1,
    2 ** 31,
    2 ** 32,
    -(2 ** 53) + 1,
    2 ** 64,
    1e300,
  ),
);

function withHoles<T>(item: fc.Arbitrary<T>): fc.Arbitrary<(T | null | undefined)[]> {
  return fc.array(fc.option(fc.option(item, { nil: undefined }), { nil: null }), { maxLength: 40 });
}

export const arbitraryValue: fc.Arbitrary<AttributeValue> = fc.oneof(
  { weight: 4, arbitrary: arbitraryText },
  arbitraryNumber,
  fc.boolean(),
  withHoles(arbitraryText),
  withHoles(arbitraryNumber),
  withHoles(fc.boolean()),
);

export const arbitraryKey: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    'é',
    '\ud800',
    'llm.input_messages.0.message.role',
  ),
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.nat({ max: 300 }).map((length) => 'k'.repeat(length)),
);

/** Pairs with distinct keys, also after lone surrogates have become U+FFFD. */
export const arbitraryPairs: fc.Arbitrary<[string, AttributeValue][]> = fc.uniqueArray(
  fc.tuple(arbitraryKey, arbitraryValue),
  { selector: ([key]) => Buffer.from(key).toString('hex'), maxLength: 20 },
);

const arbitraryAttributes: fc.Arbitrary<Attributes> = arbitraryPairs.map((pairs) =>
  Object.fromEntries(pairs),
);

const arbitraryTime: fc.Arbitrary<HrTime> = fc.tuple(
  fc.nat({ max: 8_000_000_000 }),
  fc.nat({ max: 999_999_999 }),
);

function hexId(bytes: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((id) => Buffer.from(id).toString('hex'));
}

const arbitraryContext: fc.Arbitrary<SpanContext> = fc.record(
  {
    traceId: hexId(16),
    spanId: hexId(8),
    traceFlags: fc.nat({ max: 255 }),
    isRemote: fc.boolean(),
    traceState: fc.constantFrom('a=1', 'vendor=x,b=2', '').map((text) => createTraceState(text)),
  },
  { requiredKeys: ['traceId', 'spanId', 'traceFlags'] },
);

const arbitraryCount: fc.Arbitrary<number> = fc.oneof(fc.constant(0), fc.nat());

const arbitraryFields = fc.record({
  name: arbitraryText,
  kind: fc.constantFrom(
    SpanKind.INTERNAL,
    SpanKind.SERVER,
    SpanKind.CLIENT,
    SpanKind.PRODUCER,
    SpanKind.CONSUMER,
  ),
  spanContext: arbitraryContext,
  parentSpanContext: fc.option(arbitraryContext, { nil: undefined }),
  startTime: arbitraryTime,
  endTime: arbitraryTime,
  status: fc.record(
    {
      code: fc.constantFrom(SpanStatusCode.UNSET, SpanStatusCode.OK, SpanStatusCode.ERROR),
      message: arbitraryText,
    },
    { requiredKeys: ['code'] },
  ),
  events: fc.array(
    fc.record(
      {
        name: arbitraryText,
        time: arbitraryTime,
        attributes: arbitraryAttributes,
        droppedAttributesCount: arbitraryCount,
      },
      { requiredKeys: ['name', 'time'] },
    ),
    { maxLength: 3 },
  ),
  links: fc.array(
    fc.record(
      {
        context: arbitraryContext,
        attributes: arbitraryAttributes,
        droppedAttributesCount: arbitraryCount,
      },
      { requiredKeys: ['context'] },
    ) as fc.Arbitrary<Link>,
    { maxLength: 3 },
  ),
  droppedAttributesCount: arbitraryCount,
  droppedEventsCount: arbitraryCount,
  droppedLinksCount: arbitraryCount,
});

/** Any span that the SDK could hand over. */
export const arbitrarySpan: fc.Arbitrary<ReadableSpan> = fc
  .tuple(arbitraryFields, arbitraryPairs)
  .map(([{ spanContext, parentSpanContext, ...fields }, pairs]) => ({
    ...fields,
    spanContext: () => spanContext,
    ...(parentSpanContext && { parentSpanContext }),
    duration: [0, 0],
    ended: true,
    attributes: Object.fromEntries(pairs),
    resource: RESOURCE,
    instrumentationScope: SCOPE,
  }));
