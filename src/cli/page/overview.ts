import {
  DOCTOR_SESSION,
  modelCallsOf,
  numberOf,
  type SpanFacts,
  quantile,
  type SessionSummary,
  showDuration,
} from '../span-facts.js';
import { type Child, CLICKABLE, h, marked, showCount } from './dom.js';
import { renderLatencyChart } from './latency.js';

/** A session that shows nothing new for so long will hardly end any more. */
const SILENT_MILLIS = 60_000;

/** A session in one line: who spoke, how long, how much, how fast, what went wrong. */
export function renderOverview(
  spans: readonly SpanFacts[],
  session: SessionSummary,
  selected: string | undefined,
): Child {
  const { agents, models, errors } = session;
  const ttft = modelCallsOf(spans).flatMap((span) => numberOf(span, 'voice.llm.ttft_ms') ?? []);
  const href = `/api/export?session=${encodeURIComponent(session.id)}`;
  const failures = { class: 'problem', title: 'Go to the next one (e)', 'data-action': 'failure' };
  return [
    renderState(session),
    fact('duration', showDuration(session.endMillis - session.startMillis)),
    fact('room', session.room),
    fact('participant', session.participant),
    fact(agents.length === 1 ? 'agent' : 'agents', agents.join(' → ')),
    fact(models.length === 1 ? 'model' : 'models', models.join(', ')),
    fact('turns', some(session.turns)),
    fact('model calls', showCount(session.modelCalls)),
    fact('retries', some(session.retries)),
    fact('tools', some(session.tools)),
    fact('interruptions', some(session.interruptions)),
    fact('tokens', `${showCount(session.promptTokens)} + ${showCount(session.completionTokens)}`),
    fact('ttft', showSpread(ttft.toSorted((a, b) => a - b))),
    fact('reply', showSpread(session.replyMillis)),
    errors > 0 && h('button', failures, `✗ ${showCount(errors)} failed`),
    h(
      'span',
      'actions',
      h('button', { class: 'quiet', 'data-action': 'metrics' }, 'metrics'),
      h('a', { class: 'quiet', href, title: 'As OTLP/JSON' }, 'export'),
    ),
    renderLatencyChart(spans, selected),
  ];
}

function some(count: number): string {
  return count === 0 ? '' : showCount(count);
}

function fact(name: string, value: string): Child {
  return value !== '' && h('span', 'pair', h('i', '', name), ' ', value);
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

function renderState(session: SessionSummary): Child {
  if (session.isComplete) return undefined;
  return isSilent(session)
    ? h('span', { class: 'live lost', title: 'Its root span never came' }, 'no end received')
    : h('span', { class: 'live', title: 'Its root span has not ended' }, 'live');
}

/** A session in the list; the doctor's test traces are one. */
export function renderSession(
  session: SessionSummary,
  isSelected: boolean,
  query: string,
): HTMLElement {
  const { id, errors, agents, room, participant } = session;
  const isTest = id === DOCTOR_SESSION;
  const attributes = {
    ...CLICKABLE,
    class: `session${isTest ? ' tests' : ''}${isSelected ? ' selected' : ''}`,
    title: id,
    'data-session': id,
    'aria-current': String(isSelected),
  };
  if (isTest) return h('li', attributes, `${showCount(session.spans)} test traces of the doctor`);
  const time = new Date(session.startMillis).toLocaleTimeString(undefined, { hour12: false });
  const tokens = session.promptTokens + session.completionTokens;
  const whom = [agents[0], room, participant].map((each) => each && h('span', '', each));
  return h(
    'li',
    attributes,
    h('div', 'title', marked(session.title, query)),
    h(
      'div',
      'facts',
      renderState(session),
      h('span', '', time),
      h('span', '', showDuration(session.endMillis - session.startMillis)),
      tokens > 0 && h('span', '', `${showCount(tokens)} tok`),
      errors > 0 && h('span', 'problem', `✗ ${showCount(errors)}`),
    ),
    h('div', 'facts', h('span', 'service', session.serviceName), whom),
  );
}
