import type { PageSpan, SessionSummary } from '../dev/page-span.js';
import { type Child, h, marked, showClock, showCount, showDuration } from './dom.js';
import { kindOf, numberOf, textOf, tokensOf } from './span-reading.js';

/** A session in one line: who spoke, how long, how much, how fast, what went wrong. */
export function renderOverview(
  spans: readonly PageSpan[],
  { isComplete, errors }: Pick<SessionSummary, 'isComplete' | 'errors'>,
  onNextFailure: () => void,
): readonly Child[] {
  const calls = spans.filter((span) => tokensOf(span) !== undefined);
  const sum = (key: 'prompt' | 'completion'): number =>
    calls.reduce((total, span) => total + (tokensOf(span)?.[key] ?? 0), 0);
  const turns = countTurns(spans);
  const tools = spans.filter((span) => kindOf(span) === 'TOOL').length;
  const agents = new Set(spans.flatMap((span) => textOf(span, 'agent.name') ?? []));
  const models = new Set(calls.flatMap((span) => textOf(span, 'llm.model_name') ?? []));
  const start = spans.reduce((least, span) => Math.min(least, span.startMillis), Infinity);
  const end = spans.reduce((most, span) => Math.max(most, span.endMillis), 0);
  return [
    isComplete ? undefined : h('span', { className: 'live' }, 'live'),
    fact('duration', showDuration(end - start)),
    fact(agents.size === 1 ? 'agent' : 'agents', [...agents].join(' → ')),
    fact(models.size === 1 ? 'model' : 'models', [...models].join(', ')),
    fact('turns', turns === 0 ? '' : showCount(turns)),
    fact('model calls', showCount(calls.length)),
    fact('tools', tools === 0 ? '' : showCount(tools)),
    fact('tokens', `${showCount(sum('prompt'))} + ${showCount(sum('completion'))}`),
    fact('ttft', spread(calls, 'voice.llm.ttft_ms')),
    fact('reply', spread(spans, 'voice.e2e_latency_ms')),
    errors === 0
      ? undefined
      : h(
          'button',
          { className: 'problem', title: 'Go to the next one (e)', onClick: onNextFailure },
          `✗ ${showCount(errors)} failed`,
        ),
  ];
}

/** A reply that goes on after its tools is one turn: its spans have one speech id. */
function countTurns(spans: readonly PageSpan[]): number {
  const turns = spans.filter(({ name }) => name === 'agent_turn');
  return new Set(turns.map((span) => textOf(span, 'lk.speech_id') ?? span.spanId)).size;
}

function fact(name: string, value: string): HTMLElement | undefined {
  return value === '' ? undefined : h('span', { className: 'pair' }, h('i', {}, name), ' ', value);
}

/** Median and maximum of a latency; empty where nothing has it. */
function spread(spans: readonly PageSpan[], key: string): string {
  const values = spans.flatMap((span) => numberOf(span, key) ?? []).toSorted((a, b) => a - b);
  const median = values[Math.floor(values.length / 2)];
  const max = values.at(-1);
  if (median === undefined || max === undefined) return '';
  return values.length === 1
    ? showDuration(median)
    : `${showDuration(median)} median, ${showDuration(max)} max`;
}

export interface SessionListOptions {
  readonly sessions: readonly SessionSummary[];
  readonly selected: string | undefined;
  readonly query: string;
  readonly onSelect: (id: string) => void;
}

/** The sessions that have arrived, newest first. */
export function renderSessionList(options: SessionListOptions): HTMLElement {
  const { sessions, query } = options;
  if (sessions.length === 0) {
    const text = query === '' ? 'No session yet.' : 'No session has these words.';
    return h('p', { className: 'empty' }, text);
  }
  return h(
    'ul',
    { className: 'sessions' },
    ...sessions.map((each) => renderSession(each, options)),
  );
}

function renderSession(session: SessionSummary, options: SessionListOptions): HTMLElement {
  const { id, isComplete, errors } = session;
  const tokens = session.promptTokens + session.completionTokens;
  const duration = showDuration(session.endMillis - session.startMillis);
  return h(
    'li',
    {
      className: id === options.selected ? 'session selected' : 'session',
      title: id,
      data: { session: id },
      onClick: () => options.onSelect(id),
    },
    h('div', { className: 'title' }, marked(session.title, options.query)),
    h(
      'div',
      { className: 'facts' },
      isComplete
        ? undefined
        : h('span', { className: 'live', title: 'Its root span has not ended' }, 'live'),
      h('span', {}, showClock(session.startMillis)),
      h('span', {}, duration),
      tokens === 0 ? undefined : h('span', {}, `${showCount(tokens)} tok`),
      errors === 0 ? undefined : h('span', { className: 'problem' }, `✗ ${showCount(errors)}`),
    ),
    h('div', { className: 'service' }, session.serviceName),
  );
}
