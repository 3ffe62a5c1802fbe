import type { SessionSummary } from '../dev/page-span.js';
import { h, marked } from './dom.js';
import { showClock, showCount, showDuration } from './readable-numbers.js';

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
