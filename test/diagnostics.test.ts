import { afterEach, expect, it, vi } from 'vitest';
import { asPrintable, debug, setDebug, warnOnce } from '../src/diagnostics.js';

/** What reaches stderr while `act` runs. */
function stderrOf(act: () => void): string {
  const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  const warn = vi.spyOn(console, 'warn').mockImplementation((...texts: unknown[]) => {
    process.stderr.write(`${texts.join(' ')}\n`);
  });
  try {
    act();
    return write.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    warn.mockRestore();
    write.mockRestore();
  }
}

afterEach(() => setDebug(false));

it('a warning is one line with the name of the package, and said once', () => {
  const said = stderrOf(() => {
    warnOnce('test.once', 'the text');
    warnOnce('test.once', 'another text');
  });
  expect(said).toBe('[catalyst-tracing] the text\n');
});

it('debug says nothing unless it is on', () => {
  expect(stderrOf(() => debug('quiet'))).toBe('');
  setDebug(true);
  expect(stderrOf(() => debug('loud'))).toBe('[catalyst-tracing] loud\n');
});

it('foreign text cannot break out of its line, move the cursor or turn the text around', () => {
  const hostile = 'a\r\n[catalyst-tracing] forged\u001b[2J\u0000b\u2028c\u202ed\u009be';
  const said = stderrOf(() => warnOnce('test.hostile', hostile));
  expect(said).toMatch(/^\[catalyst-tracing\] [^\p{Cc}\u2028\u202e]+\n$/u);
  expect(said).toContain('a [catalyst-tracing] forged [2J b c d e');
});

it('a long text is cut', () => {
  const said = stderrOf(() => warnOnce('test.long', 'x'.repeat(10_000_000)));
  expect(said.length).toBeLessThan(1_100);
  expect(said).toMatch(/…\n$/);
  expect(asPrintable('abcdef', 3)).toBe('abc…');
  expect(asPrintable('abc', 3)).toBe('abc');
});

it('a console that throws is nobody else’s trouble', () => {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {
    throw new Error('closed');
  });
  try {
    warnOnce('test.throwing', 'text');
    setDebug(true);
    debug('text');
    expect(warn).toHaveBeenCalledTimes(2);
  } finally {
    warn.mockRestore();
  }
});

it('codes without end neither grow a set nor flood the console', () => {
  const said = stderrOf(() => {
    for (let index = 0; index < 2_000; index += 1) warnOnce(`test.endless.${index}`, 'text');
  });
  expect(said.split('\n').length).toBeLessThan(520);
});
