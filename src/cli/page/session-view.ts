import type { PageSpan, SessionSummary } from '../dev/page-span.js';
import { conversationOf, renderConversation } from './conversation.js';
import { h } from './dom.js';
import { renderOverview } from './overview.js';
import { renderDetails } from './span-details.js';
import { createTree, renderWaterfall, type TimeWindow, wholeOf } from './timeline.js';

/** How near to its end a pane counts as being at its end, in pixels. */
const AT_END_PIXELS = 40;

/** A session, and what of it is looked at. */
export interface SessionView {
  readonly spans: readonly PageSpan[];
  readonly summary: Pick<SessionSummary, 'isComplete' | 'errors'>;
  /** Id of a span. */
  readonly selected: string | undefined;
  /** `undefined` for the whole session. */
  readonly zoom: TimeWindow | undefined;
  readonly showAll: boolean;
  readonly query: string;
  readonly onSelect: (span: PageSpan) => void;
  readonly onSelectItem: (span: PageSpan) => void;
  readonly onZoom: (span: PageSpan) => void;
  readonly onClose: () => void;
  readonly onNextFailure: () => void;
}

/** Says what to do, as long as there is nothing to show. */
export function drawNothing(frame: PageFrame, isFirst: boolean): void {
  const { main, overview, conversation, waterfall, details, zoomOut, showAll } = frame;
  main.classList.add('nothing');
  overview.replaceChildren();
  waterfall.replaceChildren();
  details.hidden = zoomOut.hidden = showAll.hidden = true;
  const hint = h(
    'div',
    { className: 'hint' },
    h('p', {}, 'Waiting for the first trace. Start the agent with'),
    h('pre', {}, `CATALYST_OTLP_ENDPOINT=${location.origin}`),
    h('p', {}, 'and talk to it. Spans are shown as they end.'),
  );
  conversation.replaceChildren(...(isFirst ? [hint] : []));
}

/** Draws all of a session anew; panes stay where they were scrolled to. */
export function drawSession(frame: PageFrame, view: SessionView): void {
  const { spans, summary } = view;
  frame.main.classList.remove('nothing');
  const startMillis = wholeOf(spans).from;
  frame.overview.replaceChildren(
    ...renderOverview(spans, summary, view.onNextFailure).filter((part) => part !== undefined),
  );
  drawConversation(frame, view, startMillis);
  drawTimeline(frame, view, startMillis);
  drawDetails(frame, view, startMillis);
}

/** Follows what is said while the session runs, unless somebody has scrolled away from the end. */
function drawConversation(
  { conversation }: PageFrame,
  view: SessionView,
  startMillis: number,
): void {
  const { scrollTop, clientHeight, scrollHeight } = conversation;
  const isAtEnd = scrollTop + clientHeight >= scrollHeight - AT_END_PIXELS;
  const items = conversationOf(view.spans);
  conversation.replaceChildren(
    renderConversation({ ...view, items, startMillis, onSelect: view.onSelectItem }),
  );
  if (isAtEnd && !view.summary.isComplete) conversation.scrollTop = conversation.scrollHeight;
}

function drawTimeline(frame: PageFrame, view: SessionView, startMillis: number): void {
  const { waterfall, zoomOut, showAll } = frame;
  const { spans, zoom } = view;
  waterfall.replaceChildren(
    renderWaterfall({
      ...view,
      startMillis,
      rows: createTree(spans, view.showAll),
      ids: new Set(spans.map(({ spanId }) => spanId)),
      window: zoom ?? wholeOf(spans),
    }),
  );
  zoomOut.hidden = zoom === undefined;
  showAll.hidden = false;
  showAll.textContent = view.showAll ? 'show essential spans' : `show all ${spans.length} spans`;
}

/** Left as it is while it shows the same: somebody may be reading in it. */
function drawDetails({ details }: PageFrame, view: SessionView, startMillis: number): void {
  const span = view.spans.find(({ spanId }) => spanId === view.selected);
  details.hidden = span === undefined;
  const shown = `${span?.spanId ?? ''} ${view.query}`;
  if (details.dataset['shown'] === shown) return;
  details.dataset['shown'] = shown;
  details.replaceChildren(...(span ? [renderDetails(span, { ...view, startMillis })] : []));
  details.scrollTop = 0;
}

/** The fixed parts of the page, into which the views are put. */
export interface PageFrame {
  readonly search: HTMLInputElement;
  readonly status: HTMLElement;
  readonly sessions: HTMLElement;
  /** Holds all of a session. */
  readonly main: HTMLElement;
  readonly overview: HTMLElement;
  readonly conversation: HTMLElement;
  readonly waterfall: HTMLElement;
  readonly zoomOut: HTMLButtonElement;
  readonly showAll: HTMLButtonElement;
  readonly details: HTMLElement;
}

/** Builds the page and puts it in place. */
export function createPageFrame(root: HTMLElement): PageFrame {
  const frame: PageFrame = {
    search: h('input', {
      attributes: {
        type: 'search',
        placeholder: 'Search words, tools, models, errors…  ( / )',
        'aria-label': 'Search',
        spellcheck: 'false',
      },
    }),
    status: h('span', { className: 'status' }),
    sessions: h('div', { className: 'list' }),
    main: h('main'),
    overview: h('div', { className: 'overview' }),
    conversation: h('section', {
      className: 'pane',
      attributes: { 'aria-label': 'Conversation' },
    }),
    waterfall: h('section', { className: 'pane', attributes: { 'aria-label': 'Timeline' } }),
    zoomOut: h('button', { className: 'quiet' }, '← whole session'),
    showAll: h('button', { className: 'quiet' }),
    details: h('aside', { className: 'pane', attributes: { 'aria-label': 'Span' } }),
  };
  root.replaceChildren(
    h(
      'header',
      { className: 'top' },
      h('b', { className: 'brand' }, 'catalyst-tracing ', h('span', {}, 'dev')),
      frame.search,
      frame.status,
    ),
    h(
      'div',
      { className: 'body' },
      h('nav', { attributes: { 'aria-label': 'Sessions' } }, frame.sessions, renderKeys()),
      frame.main,
    ),
  );
  frame.main.append(
    frame.overview,
    h('div', { className: 'left' }, h('h2', {}, 'Conversation'), frame.conversation),
    h(
      'div',
      { className: 'right' },
      h('h2', {}, 'Timeline', h('span', { className: 'tools' }, frame.zoomOut, frame.showAll)),
      frame.waterfall,
      frame.details,
    ),
  );
  return frame;
}

const KEYS: readonly (readonly [string, string])[] = [
  ['j k', 'spans'],
  ['[ ]', 'sessions'],
  ['e', 'next error'],
  ['/', 'search'],
  ['Esc', 'back'],
];

function renderKeys(): HTMLElement {
  const keys = KEYS.map(([key, what]) => h('span', {}, h('kbd', {}, key), ` ${what}`));
  return h('p', { className: 'keys' }, ...keys);
}
