import { kindOf, type PageSpan, showDuration, textOf, tokensOf } from '../span-facts.js';
import { type Child, h, marked, showCount, showOffset } from './dom.js';
import { renderLatencyBar } from './latency.js';
import { errorOf, labelOf, type Message, messagesOf, showValue, toolsOf } from './span-reading.js';

/** Attributes that are shown in another form above the table. */
const SHOWN_ABOVE = /^(?:llm\.(?:input|output)_messages\.|llm\.tools\.|(?:input|output)\.value$)/;

/** Messages of a history that are shown at once: what a call is about is at its end. */
const NEWEST_MESSAGES = 6;

export interface DetailsOptions {
  /** Of the session. */
  readonly startMillis: number;
  readonly query: string;
  readonly onClose: () => void;
}

/** Everything that is known of one span. */
export function renderDetails(
  span: PageSpan,
  { startMillis, query, onClose }: DetailsOptions,
): HTMLElement {
  const kind = kindOf(span) ?? 'SPAN';
  const error = errorOf(span);
  return h(
    'article',
    'details',
    h(
      'header',
      '',
      h('i', { className: 'kind', data: { kind } }, kind),
      h('b', '', labelOf(span), labelOf(span) === span.name ? undefined : ` (${span.name})`),
      h('span', 'fact', showDuration(span.endMillis - span.startMillis)),
      h('span', 'fact', `at ${showOffset(span.startMillis - startMillis)}`),
      ...factsOf(span).map((fact) => h('span', 'fact', fact)),
      ...renderCopy(span),
      h('button', { className: 'quiet close', title: 'Close (Esc)', onClick: onClose }, '×'),
    ),
    renderLatencyBar(span),
    error === undefined ? undefined : h('p', 'problem', `✗ ${error}`),
    ...(kind === 'LLM' ? renderModelCall(span, query) : renderValues(span, kind, query)),
    ...renderEvents(span, startMillis),
    renderAttributes(span, query),
  );
}

/** A browser has a clipboard for pages of this machine; elsewhere there is nothing to offer. */
function renderCopy(span: PageSpan): readonly Child[] {
  if (!('clipboard' in navigator)) return [];
  const texts = {
    'copy trace id': () => span.traceId,
    'copy JSON': () => JSON.stringify(span, undefined, 2),
    'copy link': () => location.href,
  };
  return Object.entries(texts).map(([label, text]) => {
    const button = h(
      'button',
      {
        className: 'quiet',
        onClick: () =>
          void navigator.clipboard
            .writeText(text())
            .then(() => (button.textContent = 'copied'))
            .catch(() => (button.textContent = 'not copied')),
      },
      label,
    );
    return button;
  });
}

function factsOf(span: PageSpan): readonly string[] {
  const tokens = tokensOf(span);
  const agent = textOf(span, 'agent.name');
  return [
    textOf(span, 'llm.model_name') ?? [],
    tokens === undefined
      ? []
      : `${showCount(tokens.prompt)} prompt + ${showCount(tokens.completion)} completion tokens`,
    agent === undefined ? [] : `@${agent}`,
  ].flat();
}

function renderModelCall(span: PageSpan, query: string): readonly Child[] {
  const input = messagesOf(span, 'llm.input_messages');
  const output = messagesOf(span, 'llm.output_messages');
  const tools = toolsOf(span);
  if (input.length === 0 && output.length === 0) return renderValues(span, 'LLM', query);
  return [
    ...section('Output', output, query),
    ...section(`Input (${input.length} messages)`, input, query),
    tools.length === 0
      ? undefined
      : h(
          'details',
          '',
          h('summary', '', `Tools offered (${tools.length})`),
          ...tools.map((tool) => h('pre', '', marked(pretty(tool), query))),
        ),
  ];
}

function section(title: string, messages: readonly Message[], query: string): readonly Child[] {
  if (messages.length === 0) return [];
  const older = messages.slice(0, -NEWEST_MESSAGES);
  const newest = messages.slice(-NEWEST_MESSAGES);
  return [
    h('h3', '', title),
    older.length === 0
      ? undefined
      : h(
          'details',
          '',
          h('summary', '', `${showCount(older.length)} earlier messages`),
          ...older.map((message) => renderMessage(message, query)),
        ),
    ...newest.map((message) => renderMessage(message, query)),
  ];
}

function renderMessage({ role, text, toolCalls }: Message, query: string): HTMLElement {
  return h(
    'div',
    { className: 'message', data: { role } },
    h('b', '', role),
    text === '' ? undefined : h('p', '', marked(text, query)),
    ...toolCalls.map(({ name, args }) =>
      h('code', '', h('b', '', name), '(', marked(args, query), ')'),
    ),
  );
}

function renderValues(span: PageSpan, kind: string, query: string): readonly Child[] {
  const error = errorOf(span);
  const titles = kind === 'TOOL' ? ['Arguments', 'Result'] : ['Input', 'Output'];
  return ['input.value', 'output.value'].flatMap((key, index) => {
    const value = textOf(span, key);
    if (value === undefined || value === error) return [];
    return [h('h3', '', titles[index]), h('pre', '', marked(pretty(value), query))];
  });
}

function renderEvents(span: PageSpan, startMillis: number): readonly Child[] {
  if (span.events.length === 0) return [];
  return [
    h('h3', '', 'Events'),
    ...span.events.map(({ name, atMillis, attributes }) =>
      h(
        'details',
        '',
        h(
          'summary',
          '',
          `${name} at ${showOffset(atMillis - startMillis)} `,
          h('span', 'about', showValue(attributes['exception.message'] ?? '')),
        ),
        h(
          'pre',
          '',
          Object.entries(attributes)
            .map(([key, value]) => `${key}: ${showValue(value)}`)
            .join('\n'),
        ),
      ),
    ),
  ];
}

function renderAttributes({ attributes, traceId, spanId }: PageSpan, query: string): HTMLElement {
  const rest = Object.entries(attributes).filter(([key]) => !SHOWN_ABOVE.test(key));
  const rows = [...rest, ['trace', traceId] as const, ['span', spanId] as const];
  const table = h(
    'table',
    '',
    ...rows.map(([key, value]) =>
      h('tr', '', h('th', '', marked(key, query)), h('td', '', marked(showValue(value), query))),
    ),
  );
  return h('details', '', h('summary', '', `All attributes (${rest.length})`), table);
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
