import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJsonPath, redactJsonPaths } from '../../src/privacy/json-paths.js';
import { rewriteJson } from '../../src/privacy/json-scanner.js';

function redact(json: string, ...paths: readonly string[]): string {
  const parsed = paths.map((path) => parseJsonPath(path));
  return redactJsonPaths(
    json,
    parsed.filter((path) => path !== undefined),
  );
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
    ['$.a', '{ "a" : 1.50 , "b" : 1e400 }', `{ "a" : "${R}" , "b" : 1e400 }`],
    ['$.a', '{"\\u0061":"x"}', `{"\\u0061":"${R}"}`],
    ['$.b', '{"a":"say \\"b\\": 1","b":true}', `{"a":"say \\"b\\": 1","b":"${R}"}`],
    ['$.__proto__', '{"__proto__":"x"}', `{"__proto__":"${R}"}`],
    ['$.a', 'no JSON, a: 1', 'no JSON, a: 1'],
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

  it('hides what breaks off', () => {
    expect(redact('{"a":1,"card":"41', '$.card')).toBe(`{"a":1,"card":"${R}"`);
    expect(redact('{"a":1,"card":{"number":"41', '$.card')).toBe(`{"a":1,"card":"${R}"`);
  });

  it('finds JSON in a sentence and in a fenced block', () => {
    const told = (card: string): string =>
      `Found [2] "cards":\n\`\`\`json\n{"card":"${card}"}\n\`\`\`\nand [ {"card":"${card}","n":1} ]. Which {one}?`;
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
    let nested = '"x"';
    for (let level = 0; level < 12; level += 1) nested = JSON.stringify(nested);
    expect(redact(nested, '$.b')).toContain(R);
  });

  it.each(['', 'a', '$', '$.', '$.a..b', '$[?(@.x)]', '$.a[1:2]', '$..', '$a', '$.a]'])(
    'refuses %s',
    (path) => {
      expect(parseJsonPath(path)).toBeUndefined();
    },
  );

  it('hides any value of a name, in any JSON, and nothing else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom('a', 'b', '"', '\\'), (value, name) => {
        const json = JSON.stringify({ keep: value, list: [{ [name]: value }] });
        const redacted: unknown = JSON.parse(redact(json, `$..['${name}']`));
        const expected: unknown = JSON.parse(json, (key, inner: unknown) =>
          key === name ? R : inner,
        );
        expect(redacted).toEqual(expected);
      }),
    );
  });

  it('gives any text back when nothing is selected', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(rewriteJson(text, {})).toBe(text);
        expect(rewriteJson(`{"a":[${text}`, {})).toBe(`{"a":[${text}`);
      }),
    );
  });
});
