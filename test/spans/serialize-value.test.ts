import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serializeValue } from '../../src/spans/serialize-value.js';

class Order {
  id = 7;
  readonly #secret = 'x';
  reveal(): string {
    return this.#secret;
  }
}

const circular: Record<string, unknown> = { name: 'loop' };
circular['self'] = circular;
const shared = { a: 1 };

/** JSON as it is read back: what a person sees in a backend. */
const READABLE: readonly (readonly [name: string, value: unknown, seen: unknown])[] = [
  ['an object', { a: [1, 'two', null, true] }, { a: [1, 'two', null, true] }],
  ['a number', 4.5, 4.5],
  ['false', false, false],
  ['a cycle', circular, { name: 'loop', self: '[Circular]' }],
  ['the same object twice', [shared, shared], [{ a: 1 }, { a: 1 }]],
  ['a BigInt', { n: 12345678901234567890n }, { n: '12345678901234567890' }],
  [
    'a Map of texts',
    new Map<string | number, unknown>([
      ['a', 1],
      [2, new Map()],
    ]),
    { a: 1, 2: {} },
  ],
  ['a Map of objects', new Map([[{ k: 1 }, 'v']]), [[{ k: 1 }, 'v']]],
  [
    'a Map whose keys read alike',
    new Map<unknown, unknown>([
      [1, 'n'],
      ['1', 't'],
    ]),
    [
      [1, 'n'],
      ['1', 't'],
    ],
  ],
  ['a Set', new Set(['x', { y: 1 }]), ['x', { y: 1 }]],
  [
    'an Error',
    Object.assign(new TypeError('no', { cause: new Error('why') }), { code: 'E_NO' }),
    { name: 'TypeError', message: 'no', cause: { name: 'Error', message: 'why' }, code: 'E_NO' },
  ],
  ['text in a Buffer', { stdout: Buffer.from('grüße\n') }, { stdout: 'grüße\n' }],
  ['bytes', Buffer.from([0, 1, 255]), '[3 bytes]'],
  ['an ArrayBuffer', new Uint8Array([255, 254]).buffer, '[2 bytes]'],
  ['a typed array', new Float32Array([0.5, Number.NaN]), [0.5, 'NaN']],
  ['a BigInt array', new BigInt64Array([5n]), ['5']],
  ['a DataView', new DataView(new ArrayBuffer(4)), '[DataView: 4 bytes]'],
  ['a Date', new Date(0), '1970-01-01T00:00:00.000Z'],
  ['a Date that is none', new Date(Number.NaN), 'Invalid Date'],
  ['a RegExp', /a+/g, '/a+/g'],
  ['a URL', new URL('https://example.com/x'), 'https://example.com/x'],
  ['a function', function lookUp() {}, '[Function: lookUp]'],
  [
    'functions and symbols within',
    { f: () => {}, s: Symbol('tag') },
    { f: '[Function: f]', s: 'Symbol(tag)' },
  ],
  ['numbers JSON has not', [Number.NaN, Infinity, -Infinity], ['NaN', 'Infinity', '-Infinity']],
  ['boxed values', [Object(1), Object('s'), Object(2n)], [1, 's', '2']],
  ['an instance', new Order(), { id: 7 }],
  ['a promise', Promise.resolve(1), '[Promise]'],
  [
    'holes and undefined',
    { a: undefined, b: Array.from({ length: 2 }), c: Object.assign([], { length: 1 }) },
    { b: [null, null], c: [null] },
  ],
  [
    'a key that sets prototypes',
    JSON.parse('{"__proto__":{"x":1}}'),
    JSON.parse('{"__proto__":{"x":1}}'),
  ],
  ['toJSON', { toJSON: () => ({ short: true }) }, { short: true }],
];

describe('serializeValue', () => {
  it('keeps text as it is', () => {
    expect(serializeValue('{"a":1}')).toEqual({ text: '{"a":1}', mimeType: 'text/plain' });
    expect(serializeValue('')).toEqual({ text: '', mimeType: 'text/plain' });
  });

  it.each([null, undefined])('has nothing to say of %s', (value) => {
    expect(serializeValue(value)).toBeUndefined();
  });

  it.each(READABLE)('writes %s', (_, value, seen) => {
    const { text, mimeType } = serializeValue(value) ?? { text: '', mimeType: '' };
    expect(mimeType).toBe('application/json');
    expect(JSON.parse(text)).toEqual(seen);
  });

  it('reads around what throws', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const hostile = {
      good: 1,
      get bad(): never {
        throw new Error('getter');
      },
      json: {
        kept: 2,
        toJSON: () => {
          throw new Error('toJSON');
        },
      },
      proxy,
    };
    expect(JSON.parse(serializeValue(hostile)?.text ?? '')).toEqual({
      good: 1,
      bad: '[unreadable]',
      json: { kept: 2, toJSON: '[Function: toJSON]' },
      proxy: '[unreadable]',
    });
  });

  it('cuts what is deep, and what is large', () => {
    let deep: unknown = 'bottom';
    for (let level = 0; level < 50_000; level += 1) deep = [deep];
    expect(serializeValue(deep)?.text).toMatch(/^\[{40}"…"\]{40}$/);

    const long = serializeValue(Array.from({ length: 3_000_000 }, () => 1))?.text ?? '';
    expect(long.length).toBeLessThan(1_100_000);
    const items: unknown[] = JSON.parse(long);
    expect(items.at(-1)).toBe(`… ${3_000_000 - items.length + 1} more`);

    // Each level twice the one below: 2^60 values when written out.
    let doubling: unknown = 'x';
    for (let level = 0; level < 35; level += 1) doubling = [doubling, doubling];
    expect(serializeValue(doubling)?.text.length).toBeLessThan(2_000_000);
  });

  it('never throws and writes valid JSON, whatever it is given', () => {
    const any = fc.anything({
      withBigInt: true,
      withBoxedValues: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withNullPrototype: true,
      withObjectString: true,
      withSparseArray: true,
      withTypedArray: true,
      withUnicodeString: true,
    });
    fc.assert(
      fc.property(any, (value) => {
        const serialized = serializeValue(value);
        if (value === undefined || value === null) return serialized === undefined;
        if (typeof value === 'string') return serialized?.text === value;
        expect(serialized?.mimeType).toBe('application/json');
        expect(() => JSON.parse(serialized?.text ?? '')).not.toThrow();
        return !serialized?.text.includes('[object Object]') || hasObjectText(value);
      }),
      { numRuns: 500 },
    );
  });
});

/** Whether the generated value itself has that text in it: as a string or a key. */
function hasObjectText(value: unknown): boolean {
  return fc.stringify(value).includes('[object Object]');
}
