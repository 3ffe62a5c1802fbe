import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hideInJson } from '../../src/privacy/hide-in-json.js';
import { parseJsonPath, selectionOfPaths } from '../../src/privacy/json-paths.js';

function redact(json: string, ...paths: readonly string[]): string {
  const parsed = paths.map((path) => parseJsonPath(path));
  return hideInJson(json, selectionOfPaths(parsed.filter((path) => path !== undefined)));
}

const R = '__REDACTED__';

describe('JSON paths', () => {
  it.each([
    ['$.a', '{"a":1,"b":{"a":2}}', `{"a":"${R}","b":{"a":2}}`],
    ['$.a.b', '{"a":{"b":"x","c":1},"b":3}', `{"a":{"b":"${R}","c":1},"b":3}`],
    ['$.a', '{"a":{"deep":[1,{"x":"]"}]},"b":1}', `{"a":"${R}","b":1}`],
    ['$..ssn', '[{"ssn":"1"},{"x":{"ssn":{"y":2}}}]', `[{"ssn":"${R}"},{"x":{"ssn":"${R}"}}]`],
    [
      '$..card.number',
      '{"p":{"card":{"number":4,"cvv":1}}}',
      `{"p":{"card":{"number":"${R}","cvv":1}}}`,
    ],
    [
      '$.list[*].x',
      '{"list":[{"x":1,"y":2},{"x":3}]}',
      `{"list":[{"x":"${R}","y":2},{"x":"${R}"}]}`,
    ],
    ['$.list[1]', '{"list":[1,2,3]}', `{"list":[1,"${R}",3]}`],
    ['$[0]', '["a","b"]', `["${R}","b"]`],
    ['$.*', '{"a":1,"b":[2]}', `{"a":"${R}","b":"${R}"}`],
    ["$['home phone']", '{"home phone":"1"}', `{"home phone":"${R}"}`],
    ['$.a', '{ "a" : 1.50 , "b" : 1e400 }', `{"a":"${R}","b":1e400}`],
    ['$.a', '{"\\u0061":"x"}', `{"a":"${R}"}`],
    ['$.b', '{"a":"say \\"b\\": 1","b":true}', `{"a":"say \\"b\\": 1","b":"${R}"}`],
    ['$.__proto__', '{"__proto__":"x"}', `{"__proto__":"${R}"}`],
    ['$.a', 'no JSON, a: 1', 'no JSON, a: 1'],
    ['$.a', '[laughs] a: 1', '[laughs] a: 1'],
    ['$.a', '{"b": 12345678901234567890, "a": 1}', `{"b":12345678901234567890,"a":"${R}"}`],
    ['$.b', '{"c": 12345678901234567890, "a": "b"}', '{"c": 12345678901234567890, "a": "b"}'],
    ['$.a.b', '{"a": {"b": 1}, "a": {}}', R],
    ['$.a', '{"a": 1, "a": 2}', `{"a":"${R}"}`],
    ["$['\u00e9']", '{"\\u00e9":"x"}', `{"\u00e9":"${R}"}`],
    ["$['a/b']", '{"a\\/b":"x"}', `{"a/b":"${R}"}`],
  ])('%s in %s', (path, json, expected) => {
    expect(redact(json, path)).toBe(expected);
  });

  it('holds wherever the arguments come back', () => {
    const args = JSON.stringify({ card: '4111' });
    const messages = JSON.stringify([
      { role: 'assistant', parts: [{ type: 'tool_call', arguments: { card: '4111' } }] },
      { role: 'tool', parts: [{ type: 'tool_call_response', response: { card: '4111' } }] },
      { role: 'tool', content: args },
    ]);
    expect(redact(messages, '$.card')).not.toContain('4111');
    const calls = JSON.stringify([{ name: 'pay', arguments: args }]);
    expect(redact(calls, '$.card')).not.toContain('4111');
    expect(redact(JSON.stringify(args), '$.card')).not.toContain('4111');
    expect(redact(JSON.stringify(calls), '$.card')).not.toContain('4111');
  });

  it.each([
    ['{"a":1,"card":"41', R],
    ['{"a":1,"card":{"number":"41', R],
    ['[{"card":"41"},', R],
    ['"{\\"card\\": \\"41', `"${R}`],
    ['"{\\n  \\"card\\": \\"41', `"${R}`],
    ['Found {"n":1} and {"n":2,"card":"41', `Found {"n":1} and ${R}`],
    ['Found {"n":1} and {"n":2,"city":"Par', 'Found {"n":1} and {"n":2,"city":"Par'],
    ['{"to":"x","n":[1,2', '{"to":"x","n":[1,2'],
    ['{"\\u0063ard":"41', R],
    ['{"card":"41"}} {"card":"42"}', `{"card":"${R}"}} {"card":"${R}"}`],
    ['{"x": y, "card": "41"}', R],
  ])('fails closed on %s', (text, expected) => {
    expect(redact(text, '$.card')).toBe(expected);
  });

  it('finds JSON in a sentence and in a fenced block', () => {
    const told = (card: string): string =>
      `Found [2] "cards":\n\`\`\`json\n{"card":"${card}"}\n\`\`\`\nand [{"card":"${card}","n":1}]. Which {one}?`;
    expect(redact(told('4111'), '$..card')).toBe(told(R));
    expect(redact(JSON.stringify({ text: told('4111') }), '$..card')).toBe(
      JSON.stringify({ text: told(R) }),
    );
    expect(redact('it says "card": 4111 {and} [more]', '$..card')).toBe(
      'it says "card": 4111 {and} [more]',
    );
  });

  it('does not mind depth', () => {
    const deep = `${'[{"a":'.repeat(10_000)}1${'}]'.repeat(10_000)}`;
    expect(redact(deep, '$..b')).toBe(deep);
    expect(redact(deep, '$..a')).toBe(`[{"a":"${R}"}]`);
    // What is deeper than anybody writes is hidden, and the rest stays.
    const hidden = redact(deep, '$.a.a');
    expect(hidden.length).toBeLessThan(10_000);
    expect(hidden).toMatch(/^\[\{"a":\[.*__REDACTED__/);
    expect(redact('['.repeat(1_000_000), '$..a')).toBe('['.repeat(1_000_000));
    expect(redact('[{"a":'.repeat(100_000), '$..a')).toBe(R);
    let nested = '"x"';
    for (let level = 0; level < 12; level += 1) nested = JSON.stringify(nested);
    expect(redact(nested, '$.x')).toContain(R);
  });

  it.each([
    ['starts of JSON', '{"card'],
    ['ends of JSON', '{"card":1}]'],
    ['quotes', '"card'],
    ['escaped quotes', '\\"card'],
    ['backslashes', '[\\\\'],
    ['brackets and spaces', '[   '],
    ['braces', '{{"card'],
  ])('needs no more than linear time for %s', (_, part) => {
    const text = part.repeat(Math.ceil(1_000_000 / part.length));
    const startedAt = process.cpuUsage().user;
    redact(text, '$..card', '$[0]');
    redact(`{"card":1,"x":"${text}`, '$..card');
    expect((process.cpuUsage().user - startedAt) / 1_000).toBeLessThan(5_000);
  });

  it.each(['', 'a', '$', '$.', '$.a..b', '$[?(@.x)]', '$.a[1:2]', '$..', '$a', '$.a]'])(
    'refuses %s',
    (path) => {
      expect(parseJsonPath(path)).toBeUndefined();
    },
  );

  it('hides any value of a name, in any JSON, and nothing else', () => {
    // No brackets in strings: where JSON breaks off inside one, more is hidden.
    const json = fc.jsonValue({ stringUnit: fc.constantFrom('a', 'b', '"', '\\', ' ', 'é', '0') });
    fc.assert(
      fc.property(json, fc.constantFrom('a', 'b', '"', '\\'), (value, name) => {
        const text = JSON.stringify({ keep: value, list: [{ [name]: value }] });
        const redacted: unknown = JSON.parse(redact(text, `$..['${name}']`));
        const expected: unknown = JSON.parse(text, (key, inner: unknown) =>
          key === name ? R : inner,
        );
        expect(redacted).toEqual(expected);
      }),
    );
  });

  it('gives any text back when nothing is selected', () => {
    const words = fc.jsonValue({ stringUnit: fc.constantFrom('a', 'é', ' ', '\n', '0', '\\') });
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), words, (text, value, said) => {
        const json = JSON.stringify(value, undefined, 2);
        for (const each of [text, json, `{"a":[${text}`, `see ${json} and ${text}`]) {
          expect(redact(each, '$..nothing-of-the-kind')).toBe(each);
        }
        // Read as JSON, and not only passed over.
        const never = { names: undefined, selects: () => false };
        const read = JSON.stringify(said, undefined, 2);
        expect(hideInJson(read, never)).toBe(read);
      }),
    );
  });
});
