import { describe, expect, it } from 'vitest';
import { startChild } from '../support/child-process.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { work } from './busy-work.js';
import { privacyWith, send, sendOne, type Put } from './guarded.js';

const KIND: Put = ['openinference.span.kind', 'LLM', 'none'];
const LATER: Put = ['output.value', 'fine', 'outputValue'];

describe('redaction that works for too long', () => {
  it('drops the value and the rest of its span, not the next span', () => {
    const { privacy, said } = privacyWith(
      {},
      {
        redactBudgetMillis: 20,
        redact: (value) => {
          if (value.startsWith('slow')) work(45);
          return value;
        },
      },
    );
    const slow: Put = ['input.value', 'slow', 'inputValue'];
    expect(send(privacy, [slow, LATER, KIND])).toEqual({ 'openinference.span.kind': 'LLM' });
    expect(send(privacy, [LATER])).toEqual({ 'output.value': 'fine' });
    expect(privacy.counts.tooSlow).toBe(2);
    expect(said.map(({ code }) => code)).toEqual(['redactor-slow']);
  });

  it('stops content altogether after three slow values in a row', () => {
    let calls = 0;
    const { privacy } = privacyWith(
      {},
      {
        redactBudgetMillis: 1,
        redact: (value) => {
          calls += 1;
          work(3);
          return value;
        },
      },
    );
    for (let span = 0; span < 6; span += 1) expect(send(privacy, [LATER])).toEqual({});
    expect(calls).toBe(3);
    expect(privacy.counts.tooSlow).toBe(6);
  });

  it('gives up on a text in pieces, before a pattern has seen all of it', () => {
    const { privacy } = privacyWith(
      {},
      // Needs the square of what it is shown: hours for the whole text.
      { redactBudgetMillis: 5, redactPatterns: [/a*[bc]/] },
    );
    const long: Put = ['input.value', 'a'.repeat(4_000_000), 'inputValue'];
    expect(sendOne(privacy, long) === undefined).toBe(true);
    expect(privacy.counts.tooSlow).toBe(1);
  });
});

/** What the collector got from a process whose hook is late in this way. */
async function redactIn(way: 'stopped' | 'waiting', values: readonly string[]) {
  const receiver = await startReceiver();
  const child = startChild('redacting-child.ts', [way, receiver.endpoint, JSON.stringify(values)]);
  const wake = setInterval(() => child.process.kill('SIGCONT'), 60);
  try {
    const { stdout, stderr } = await child.ended;
    const sent = receiver.spans().map(({ attributes }) => attributes['input.value']);
    return { took: JSON.parse(stdout) as number[], stderr, sent };
  } finally {
    clearInterval(wake);
    await receiver.close();
  }
}

describe('redaction that is late by the clock alone', () => {
  it('keeps its content where the process was held up', async () => {
    const values = ['late 1', 'late 2', 'at once', 'late 3'];
    const { took, stderr, sent } = await redactIn('stopped', values);
    expect(took.map((millis) => millis > 50)).toEqual([true, true, false, true]);
    expect(sent).toEqual(values.map((value) => `${value}, redacted`));
    expect(stderr).not.toContain('redact');
  });

  it('is not excused a third time in a row: a hook that waits holds up the call', async () => {
    const { took, stderr, sent } = await redactIn('waiting', ['late 1', 'late 2', 'late 3', 'x']);
    expect(took).toHaveLength(3);
    expect(sent).toEqual(['late 1, redacted', 'late 2, redacted', undefined, undefined]);
    expect(stderr).toContain('took longer than 50 ms');
  });
});
