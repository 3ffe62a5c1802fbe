import {
  kindOf,
  type PageMetric,
  type SpanFacts,
  showDuration,
  textOf,
  tokensOf,
} from '../span-facts.js';
import { type Child, h, marked, showCount, showOffset } from './dom.js';
import { renderLatencyBar } from './latency.js';
import { errorOf, labelOf, type Message, messagesOf, showValue } from './span-reading.js';

/** Attributes that are shown in another form above the table. */
const SHOWN_ABOVE = /^(?:llm\.(?:input|output)_messages\.|llm\.tools\.|(?:input|output)\.value$)/;

/** Messages of a history that are shown at once: what a call is about is at its end. */
const NEWEST_MESSAGES = 6;

function renderClose(): HTMLElement {
  return h('button', { class: 'quiet close', title: 'Close (Esc)', 'data-action': 'close' }, '×');
}

/** Everything that is known of one span; `startMillis` is the session's. */
export function renderDetails(span: SpanFacts, startMillis: number, query: string): HTMLElement {
  const kind = kindOf(span) ?? 'SPAN';
  const error = errorOf(span);
  const label = labelOf(span);
  const tokens = tokensOf(span);
  const agent = textOf(span, 'agent.name');
  const facts = [
    showDuration(span.endMillis - span.startMillis),
    `at ${showOffset(span.startMillis - startMillis)}`,
    textOf(span, 'llm.model_name'),
    tokens &&
      `${showCount(tokens.prompt)} prompt + ${showCount(tokens.completion)} completion tokens`,
    agent && `@${agent}`,
  ];
  return h(
    'article',
    'details',
    h(
      'header',
      '',
      h('i', { class: 'kind', 'data-kind': kind }, kind),
      h('b', '', label, label !== span.name && ` (${span.name})`),
      facts.map((fact) => fact && h('span', 'fact', fact)),
      renderCopy(span),
      renderClose(),
    ),
    renderLatencyBar(span),
    error && h('p', 'problem', `✗ ${error}`),
    renderContent(span, kind, query),
    renderEvents(span, startMillis),
    renderAttributes(span, query),
  );
}

/** A browser has a clipboard for pages of this machine; elsewhere there is nothing to offer. */
function renderCopy(span: SpanFacts): Child {
  if (!('clipboard' in navigator)) return undefined;
  const texts = {
    'copy trace id': () => span.traceId,
    'copy JSON': () => JSON.stringify(span, undefined, 2),
    'copy link': () => location.href,
  };
  return Object.entries(texts).map(([label, text]) => {
    const button = h('button', 'quiet', label);
    const copy = async (): Promise<void> => {
      const isCopied = await navigator.clipboard.writeText(text()).then(
        () => true,
        () => false,
      );
      button.textContent = isCopied ? 'copied' : 'not copied';
    };
    button.addEventListener('click', () => void copy());
    return button;
  });
}

/** The messages of a model call; of everything else, input and output. */
function renderContent(span: SpanFacts, kind: string, query: string): Child {
  const input = messagesOf(span, 'input');
  const output = messagesOf(span, 'output');
  if (kind === 'LLM' && input.length + output.length > 0) {
    return [
      section('Output', output, query),
      section(`Input (${input.length} messages)`, input, query),
      renderTools(span, query),
    ];
  }
  const titles = kind === 'TOOL' ? ['Arguments', 'Result'] : ['Input', 'Output'];
  return ['input.value', 'output.value'].flatMap((key, index) => {
    const value = textOf(span, key);
    if (value === undefined || value === errorOf(span)) return [];
    return [h('h3', '', titles[index]), h('pre', '', marked(pretty(value), query))];
  });
}

function section(title: string, messages: readonly Message[], query: string): Child {
  if (messages.length === 0) return undefined;
  const shown = messages.map((message) => renderMessage(message, query));
  const older = shown.slice(0, -NEWEST_MESSAGES);
  const summary = `${showCount(older.length)} earlier messages`;
  return [
    h('h3', '', title),
    older.length > 0 && h('details', '', h('summary', '', summary), older),
    shown.slice(-NEWEST_MESSAGES),
  ];
}

function renderMessage({ role, texts, toolCalls }: Message, query: string): HTMLElement {
  const calls = Array.from(toolCalls.values(), ({ name, args }) =>
    h('code', '', h('b', '', name), '(', marked(args, query), ')'),
  );
  const text = texts.join('\n');
  return h(
    'div',
    { class: 'message', 'data-role': role },
    h('b', '', role),
    text !== '' && h('p', '', marked(text, query)),
    calls,
  );
}

function renderTools({ attributes }: SpanFacts, query: string): Child {
  const tools = Object.entries(attributes)
    .filter(([key]) => /^llm\.tools\.\d+\.tool\.json_schema$/.test(key))
    .map(([, schema]) => h('pre', '', marked(pretty(showValue(schema)), query)));
  const summary = h('summary', '', `Tools offered (${tools.length})`);
  return tools.length > 0 && h('details', '', summary, tools);
}

function renderEvents({ events }: SpanFacts, startMillis: number): Child {
  if (events.length === 0) return undefined;
  const shown = events.map(({ name, atMillis, attributes }) => {
    const fields = Object.entries(attributes).map(([key, value]) => `${key}: ${showValue(value)}`);
    const about = h('span', 'about', showValue(attributes['exception.message']));
    const summary = h('summary', '', `${name} at ${showOffset(atMillis - startMillis)} `, about);
    return h('details', '', summary, h('pre', '', fields.join('\n')));
  });
  return [h('h3', '', 'Events'), shown];
}

function renderAttributes({ attributes, traceId, spanId }: SpanFacts, query: string): HTMLElement {
  const rest = Object.entries(attributes).filter(([key]) => !SHOWN_ABOVE.test(key));
  const rows = [...rest, ['trace', traceId] as const, ['span', spanId] as const].map(
    ([key, value]) =>
      h('tr', '', h('th', '', marked(key, query)), h('td', '', marked(showValue(value), query))),
  );
  const summary = h('summary', '', `All attributes (${rest.length})`);
  return h('details', '', summary, h('table', '', rows));
}

/** JSON with line breaks; any other text as it is. */
function pretty(text: string): string {
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

/** The newest values of all metrics, in the place of a span's details. */
export function renderMetrics(metrics: readonly PageMetric[]): HTMLElement {
  const rows = metrics.map(({ serviceName, name, attributes, value, count, unit }) => {
    const mean = count > 1 ? ` mean of ${count}` : '';
    const from = [serviceName, ...Object.values(attributes).map(String)].join(', ');
    const shown = `${Number(value.toFixed(3))} ${unit}${mean}`;
    return h('tr', '', h('th', '', name), h('td', '', shown), h('td', '', from));
  });
  return h(
    'article',
    'details',
    h('header', '', h('b', '', 'Metrics'), renderClose()),
    rows.length === 0
      ? h('p', '', 'No metrics yet: they come with setup({ metrics: true }).')
      : h('table', '', rows),
  );
}
