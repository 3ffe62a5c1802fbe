import type { Attributes, AttributeValue } from '@opentelemetry/api';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan } from '../../src/mapping/livekit-spans.js';
import { mapSpans } from '../../src/mapping/map-span.js';
import type { MappingContext } from '../../src/mapping/mapping-context.js';
import { LIVEKIT_KEYS } from '../livekit/key-ledger.js';
import { arbitraryPairs, arbitraryText, arbitraryValue } from '../support/span-arbitrary.js';
import { EMPTY_CONTEXT, rawSpan } from './raw-span.js';

const KINDS = new Set(['AGENT', 'LLM', 'TOOL', 'CHAIN', 'EMBEDDING', 'RETRIEVER']);

const OLD_KEYS = LIVEKIT_KEYS.map(({ key }) => key.replace('lk.pii.', 'lk.'));
const livekitKey = fc.constantFrom(...LIVEKIT_KEYS.map(({ key }) => key), ...OLD_KEYS);

/** JSON of the right outline with anything in it, JSON of any outline, and text that is none. */
const oddJson = fc.oneof(
  fc.json(),
  fc.jsonValue().map((items) => JSON.stringify({ items })),
  fc
    .array(
      fc.record(
        {
          role: fc.jsonValue(),
          parts: fc.oneof(fc.array(fc.jsonValue()), fc.jsonValue()),
          content: fc.jsonValue(),
          type: fc.constantFrom(
            'message',
            'function_call',
            'function_call_output',
            'text',
            'tool_call',
          ),
          call_id: fc.jsonValue(),
          name: fc.jsonValue(),
          arguments: fc.jsonValue(),
          output: fc.jsonValue(),
        },
        { requiredKeys: [] },
      ),
      { maxLength: 5 },
    )
    .chain((entries) =>
      fc.constantFrom(JSON.stringify(entries), JSON.stringify({ items: entries })),
    ),
  fc.constantFrom('', '{', '[', 'null', '[null]', '{"items":[null]}', '"text"', '[]', '[[]]'),
);

const livekitPairs = fc.array(fc.tuple(livekitKey, fc.oneof(arbitraryValue, oddJson)), {
  maxLength: 20,
});

const arbitraryMappingContext: fc.Arbitrary<MappingContext> = fc.record({
  ...Object.fromEntries(
    Object.entries(EMPTY_CONTEXT).map(([key, value]) => [key, fc.constant(value)]),
  ),
  sessionId: fc.option(arbitraryText, { nil: undefined }),
  agent: fc.option(fc.constant({ id: 'a', name: 'b', role: 'c' }), { nil: undefined }),
  contextAttributes: fc.option(
    fc.dictionary(
      fc.oneof(
        fc.string(),
        fc.constantFrom(
          'llm.model_name',
          'agent.name',
          'openinference.span.kind',
          'llm.input_messages.0.message.role',
        ),
      ),
      fc.string(),
    ),
    { nil: undefined },
  ),
  failure: fc.constantFrom(undefined, { message: undefined }, { message: 'failed' }),
  tokensBelow: fc.boolean(),
  messagesBelow: fc.boolean(),
  input: fc.option(arbitraryText, { nil: undefined }),
  output: fc.option(arbitraryText, { nil: undefined }),
}) as fc.Arbitrary<MappingContext>;

interface Input {
  readonly name: string;
  readonly scopeName: string;
  readonly attributes: Attributes;
  readonly context: MappingContext;
}

const arbitraryInput: fc.Arbitrary<Input> = fc.record({
  name: fc.oneof(fc.constantFrom(...Object.values(LiveKitSpan)), fc.string()),
  scopeName: fc.constantFrom(LIVEKIT_SCOPE_NAME, LIVEKIT_SCOPE_NAME, 'other'),
  attributes: fc
    .tuple(livekitPairs, arbitraryPairs)
    .map(([known, any]): Attributes => Object.fromEntries([...any, ...known])),
  context: arbitraryMappingContext,
});

type Pair = [key: string, value: AttributeValue];

/** Attributes of each span that the input is sent as; its own are the last. */
function pairsOf(input: Input, rawContent = false): readonly Pair[][] {
  const span = rawSpan(input.name, input.scopeName, input.attributes);
  const mapped = mapSpans(span, input.context, { rawContent });
  return mapped.map(({ entries }) => entries.map(({ key, value }) => [key, value]));
}

describe('mapping of any span', () => {
  it('never throws, puts no key twice and no value that is none', () => {
    fc.assert(
      fc.property(arbitraryInput, fc.boolean(), (input, rawContent) => {
        const sent = pairsOf(input, rawContent);
        expect(sent).not.toEqual([]);
        for (const pairs of sent) {
          const keys = pairs.map(([key]) => key);
          expect(keys).toEqual([...new Set(keys)]);
          expect(pairs.filter(([, value]) => value === undefined || value === null)).toEqual([]);
          const kind = new Map(pairs).get('openinference.span.kind');
          if (!('openinference.span.kind' in input.attributes))
            expect(KINDS.has(String(kind))).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('changes nothing of what it reads, and says the same each time', () => {
    fc.assert(
      fc.property(arbitraryInput, (input) => {
        const before = structuredClone(input);
        const first = pairsOf(deepFreeze(input));
        expect(pairsOf(input)).toEqual(first);
        expect(input).toEqual(before);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps every key that it does not know', () => {
    fc.assert(
      fc.property(
        arbitraryInput,
        fc.string({ minLength: 1 }),
        arbitraryText,
        (input, key, value) => {
          const unknown = `x-${key}`;
          const attributes = { ...input.attributes, [unknown]: value };
          expect(new Map(pairsOf({ ...input, attributes }).at(-1)).get(unknown)).toBe(value);
        },
      ),
      { numRuns: 200 },
    );
  });
});

function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  for (const inner of Object.values(value)) deepFreeze(inner);
  return Object.freeze(value);
}
