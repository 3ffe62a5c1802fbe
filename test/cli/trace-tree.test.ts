import { describe, expect, it } from 'vitest';
import { renderTotals, renderTraceTree } from '../../src/cli/dev/trace-tree.js';
import { countSpans, type SpanFacts } from '../../src/cli/span-facts.js';

const ESCAPE = '\u001B[';

function span(spanId: string, parentSpanId: string, rest: Partial<SpanFacts> = {}): SpanFacts {
  return {
    traceId: 'trace-1',
    spanId,
    parentSpanId,
    name: spanId,
    startMillis: 0,
    endMillis: 2.5,
    events: [],
    attributes: { 'openinference.span.kind': 'CHAIN' },
    status: { code: 0, message: '' },
    ...rest,
  };
}

function said(text: string): string {
  return renderTraceTree([span('a', '', { attributes: { 'input.value': text } })], {
    textLength: 5,
  });
}

const SESSION: readonly SpanFacts[] = [
  span('second', 'root', { startMillis: 0.02, endMillis: 1200.02 }),
  span('root', '', {
    attributes: { 'openinference.span.kind': 'AGENT', 'session.id': 's', 'agent.name': 'clerk' },
  }),
  span('first', 'root', { startMillis: 0.01, endMillis: 2.51 }),
  span('request', 'first', {
    attributes: {
      'openinference.span.kind': 'LLM',
      'llm.model_name': 'gpt',
      'llm.token_count.prompt': 12,
      'llm.token_count.completion': 3,
      'llm.token_count.total': 15,
      'input.value': 'Hi\nthere',
      'output.value': 'Hello',
    },
  }),
  span('tool', 'first', {
    startMillis: 0.005,
    endMillis: 2.505,
    attributes: { 'openinference.span.kind': 'TOOL', 'tool.name': 'book' },
    status: { code: 2, message: 'no table' },
  }),
];

describe('the tree', () => {
  it('draws children under their parents, in the order in which they started', () => {
    expect(renderTraceTree(SESSION)).toBe(
      [
        'trace trace-1',
        'AGENT  root  2.5ms  @clerk',
        '├─ CHAIN  first  2.5ms',
        '│  ├─ LLM    request  2.5ms  gpt  12+3 tokens  ‹ Hi there  › Hello',
        '│  └─ TOOL   tool  2.5ms  book  ✗ no table',
        '└─ CHAIN  second  1.20s',
      ].join('\n'),
    );
  });

  it('shows every span, also one whose parent never came', () => {
    const orphans = SESSION.filter(({ spanId }) => spanId !== 'root');
    const lines = renderTraceTree(orphans).split('\n');
    expect(lines).toHaveLength(1 + orphans.length);
    expect(lines[1]).toBe('CHAIN  first  2.5ms');
  });

  it('colours only when told to, and errors in red', () => {
    expect(renderTraceTree(SESSION)).not.toContain(ESCAPE);
    expect(renderTraceTree(SESSION, { color: true })).toContain(`${ESCAPE}31m✗ no table`);
  });

  it('keeps to the width of a terminal: first the words give way, never a fact or an error', () => {
    const failed = span('tool', 'root', {
      attributes: {
        'openinference.span.kind': 'TOOL',
        'tool.name': 'book',
        'input.value': '{"people":2}',
        'output.value': 'no table for two people at eight',
      },
      status: { code: 2, message: 'no table' },
    });
    const chatty = span('root', '', {
      attributes: { 'input.value': 'word '.repeat(30), 'output.value': 'answer '.repeat(30) },
    });
    const at = (columns: number): readonly string[] =>
      renderTraceTree([chatty, failed], { columns }).split('\n').slice(1);
    for (const columns of [60, 80, 100, 140]) {
      expect(Math.max(...at(columns).map(({ length }) => length))).toBeLessThanOrEqual(columns);
    }
    expect(at(80)[0]).toMatch(/^none +root {2}2\.5ms {2}‹ word word .*… {2}› answer .*…$/);
    expect(at(80)[1]).toBe(
      '└─ TOOL   tool  2.5ms  book  ‹ {"people":2}  › no table for t…  ✗ no table',
    );
    expect(at(40)[1]).toBe('└─ TOOL   tool  2.5ms  book  ✗ no table');
  });

  it('cuts long words between characters and lets no control character through', () => {
    expect(said('👩‍👩‍👧 is a family')).toContain('‹ 👩‍👩‍👧 is…');
    expect(said('\u001B[2J\u0000x')).not.toContain('\u001B');
    const named = span('a', '', {
      traceId: 'trace\u001B[2J',
      name: 'turn\u001B[2J',
      attributes: {
        'openinference.span.kind': '\u001B[2J',
        'tool.name': '\u001B[2J',
        'agent.name': '\u001B[2J',
        'llm.model_name': '\u001B[2J',
      },
    });
    expect(renderTraceTree([named])).not.toContain(ESCAPE);
    expect(renderTotals(countSpans([named]))).not.toContain(ESCAPE);
  });

  it('shows spans whose parents form a circle', () => {
    expect(renderTraceTree([span('a', 'b'), span('b', 'a')])).toBe(
      'trace trace-1\nCHAIN  a  2.5ms\n└─ CHAIN  b  2.5ms',
    );
  });
});

describe('the totals', () => {
  it('count spans, kinds, traces, sessions and errors, and sum tokens', () => {
    expect(countSpans(SESSION)).toEqual({
      spans: 5,
      traces: 1,
      sessions: 1,
      errors: 1,
      retries: 0,
      modelCalls: 1,
      tools: 1,
      turns: 0,
      interruptions: 0,
      kinds: { CHAIN: 2, AGENT: 1, LLM: 1, TOOL: 1 },
      promptTokens: 12,
      completionTokens: 3,
      totalTokens: 15,
    });
    expect(renderTotals(countSpans(SESSION))).toBe(
      '5 spans (2 CHAIN, 1 AGENT, 1 LLM, 1 TOOL)  ·  traces: 1  ·  sessions: 1  ·  ' +
        'tokens: 12 prompt + 3 completion = 15  ·  model calls: 1  ·  errors: 1',
    );
  });

  it('count no attempt that was retried as an error, of speech neither', () => {
    const failed = { status: { code: 2, message: 'away' } };
    const attempts = [
      span('request', '', { name: 'tts_request' }),
      span('first', 'request', { name: 'tts_request_run', ...failed }),
      span('second', 'request', { name: 'tts_request_run' }),
    ];
    expect(countSpans(attempts).errors).toBe(0);
  });

  it('count a span without a kind as such', () => {
    expect(countSpans([span('a', '', { attributes: {} })]).kinds).toEqual({ none: 1 });
  });
});
