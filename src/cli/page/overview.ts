import {
  DOCTOR_SESSION,
  modelCallsOf,
  numberOf,
  type PageSpan,
  quantile,
  type SessionSummary,
  showDuration,
} from '../span-facts.js';
import { type Child, h, marked, showClock, showCount } from './dom.js';
import { renderLatencyChart } from './latency.js';

/** A session that shows nothing new for so long will hardly end any more. */
const SILENT_MILLIS = 60_000;
/** Callers take a longer pause for a lost connection. */
const SLOW_REPLY_MILLIS = 1500;

export interface OverviewActions {
  readonly onNextFailure: () => void;
  readonly onSelect: (span: PageSpan) => void;
  readonly onMetrics: () => void;
}

/** A session in one line: who spoke, how long, how much, how fast, what went wrong. */
export function renderOverview(
  spans: readonly PageSpan[],
  session: SessionSummary,
  selected: string | undefined,
  { onNextFailure, onSelect, onMetrics }: OverviewActions,
): readonly Child[] {
  const { agents, models, turns, tools, interruptions, replyMillis, errors } = session;
  const ttft = modelCallsOf(spans).flatMap((span) => numberOf(span, 'voice.llm.ttft_ms') ?? []);
  const link = `/api/export?session=${encodeURIComponent(session.id)}`;
  return [
    renderState(session),
    fact('duration', showDuration(session.endMillis - session.startMillis)),
    fact('room', session.room),
    fact('participant', session.participant),
    fact(agents.length === 1 ? 'agent' : 'agents', agents.join(' → ')),
    fact(models.length === 1 ? 'model' : 'models', models.join(', ')),
    fact('turns', some(turns)),
    fact('model calls', showCount(session.modelCalls)),
    fact('retries', some(session.retries)),
    fact('tools', some(tools)),
    fact('interruptions', some(interruptions)),
    fact('tokens', `${showCount(session.promptTokens)} + ${showCount(session.completionTokens)}`),
    fact('ttft', showSpread(ttft.toSorted((a, b) => a - b))),
    fact('reply', showSpread(replyMillis)),
    errors === 0
      ? undefined
      : h(
          'button',
          { className: 'problem', title: 'Go to the next one (e)', onClick: onNextFailure },
          `✗ ${showCount(errors)} failed`,
        ),
    h(
      'span',
      'actions',
      h('button', { className: 'quiet', onClick: onMetrics }, 'metrics'),
      h(
        'a',
        { className: 'quiet', attributes: { href: link, download: '' }, title: 'As OTLP/JSON' },
        'export',
      ),
    ),
    ...renderLatencyChart(spans, selected, onSelect),
  ];
}

function some(count: number): string {
  return count === 0 ? '' : showCount(count);
}

function fact(name: string, value: string): HTMLElement | undefined {
  return value === '' ? undefined : h('span', 'pair', h('i', '', name), ' ', value);
}

/** Median and 95th percentile of sorted values. */
function showSpread(sorted: readonly number[]): string {
  const [median, p95] = [quantile(sorted, 0.5), quantile(sorted, 0.95)];
  if (median === undefined || p95 === undefined) return '';
  return sorted.length === 1
    ? showDuration(median)
    : `${showDuration(median)} median, ${showDuration(p95)} p95`;
}

/** Whether a session without an end has shown no sign of life for a minute. */
export function isSilent({ isComplete, receivedMillis }: SessionSummary): boolean {
  return !isComplete && Date.now() - receivedMillis > SILENT_MILLIS;
}

function renderState(session: SessionSummary): HTMLElement | undefined {
  if (session.isComplete) return undefined;
  return isSilent(session)
    ? h('span', { className: 'live lost', title: 'Its root span never came' }, 'no end received')
    : h('span', { className: 'live', title: 'Its root span has not ended' }, 'live');
}

/** What the list shows: all of these that are set. */
export interface SessionFilter {
  readonly service: string;
  readonly agent: string;
  readonly onlyErrors: boolean;
  readonly onlySlow: boolean;
}

export const NO_FILTER: SessionFilter = {
  service: '',
  agent: '',
  onlyErrors: false,
  onlySlow: false,
};

export function passesFilter(session: SessionSummary, filter: SessionFilter): boolean {
  return (
    (filter.service === '' || session.serviceName === filter.service) &&
    (filter.agent === '' || session.agents.includes(filter.agent)) &&
    (!filter.onlyErrors || session.errors > 0) &&
    (!filter.onlySlow || (session.replyMillis.at(-1) ?? 0) > SLOW_REPLY_MILLIS)
  );
}

/** Controls of the filter; services and agents are those that have arrived. */
export function renderFilter(
  sessions: readonly SessionSummary[],
  filter: SessionFilter,
  onFilter: (change: Partial<SessionFilter>) => void,
): readonly Child[] {
  const choice = (key: 'service' | 'agent', names: readonly string[]): Child => {
    const values = [...new Set(names)].filter((name) => name !== '').toSorted();
    if (values.length < 2 && filter[key] === '') return undefined;
    const options = ['', ...values].map((value) =>
      h('option', { attributes: { value } }, value === '' ? `${key}s` : value),
    );
    const select = h(
      'select',
      { data: { control: key }, attributes: { 'aria-label': key } },
      ...options,
    );
    select.value = filter[key];
    select.addEventListener('change', () => onFilter({ [key]: select.value }));
    return select;
  };
  const toggle = (key: 'onlyErrors' | 'onlySlow', label: string, title: string): Child =>
    h(
      'button',
      {
        className: 'quiet',
        title,
        data: { control: key },
        attributes: { 'aria-pressed': String(filter[key]) },
        onClick: () => onFilter({ [key]: !filter[key] }),
      },
      label,
    );
  return [
    choice(
      'service',
      sessions.map(({ serviceName }) => serviceName),
    ),
    choice(
      'agent',
      sessions.flatMap(({ agents }) => agents),
    ),
    toggle('onlyErrors', 'errors', 'Sessions in which something failed'),
    toggle(
      'onlySlow',
      'slow',
      `Sessions with a reply of more than ${showDuration(SLOW_REPLY_MILLIS)}`,
    ),
  ];
}

export interface SessionListOptions {
  readonly sessions: readonly SessionSummary[];
  readonly selected: string | undefined;
  readonly query: string;
  readonly isNarrowed: boolean;
  readonly onSelect: (id: string) => void;
}

/** The sessions that have arrived, newest first; test traces of the doctor come last. */
export function renderSessionList(options: SessionListOptions): HTMLElement {
  const { sessions, isNarrowed } = options;
  if (sessions.length === 0) {
    const text = isNarrowed ? 'No session has this.' : 'No session yet.';
    return h('p', 'empty', text);
  }
  return h('ul', 'sessions', ...sessions.map((each) => renderSession(each, options)));
}

function renderSession(session: SessionSummary, options: SessionListOptions): HTMLElement {
  const { id, errors, agents, room, participant, serviceName } = session;
  const isSelected = id === options.selected;
  const attributes = { 'aria-current': String(isSelected) };
  const onClick = (): void => options.onSelect(id);
  if (id === DOCTOR_SESSION) {
    const text = `${showCount(session.spans)} test traces of the doctor`;
    return h(
      'li',
      { className: 'session tests', data: { session: id }, attributes, onClick },
      text,
    );
  }
  const tokens = session.promptTokens + session.completionTokens;
  return h(
    'li',
    {
      className: isSelected ? 'session selected' : 'session',
      title: id,
      data: { session: id },
      attributes,
      onClick,
    },
    h('div', 'title', marked(session.title, options.query)),
    h(
      'div',
      'facts',
      renderState(session),
      h('span', '', showClock(session.startMillis)),
      h('span', '', showDuration(session.endMillis - session.startMillis)),
      tokens === 0 ? undefined : h('span', '', `${showCount(tokens)} tok`),
      errors === 0 ? undefined : h('span', 'problem', `✗ ${showCount(errors)}`),
    ),
    h(
      'div',
      'facts',
      h('span', 'service', serviceName),
      ...[...agents.slice(0, 1), room, participant]
        .filter(Boolean)
        .map((each) => h('span', '', each)),
    ),
  );
}
