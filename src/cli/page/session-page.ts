import {
  DOCTOR_SESSION,
  failuresOf,
  type PageMetric,
  type PageSpan,
  type SessionSummary,
} from '../span-facts.js';
import { renderConversation } from './conversation.js';
import { h, redraw } from './dom.js';
import {
  NO_FILTER,
  passesFilter,
  renderFilter,
  renderOverview,
  renderSessionList,
  type SessionFilter,
} from './overview.js';
import type { SessionData } from './session-data.js';
import { renderDetails } from './span-details.js';
import { createTree, renderWaterfall, type TimeWindow, wholeOf } from './timeline.js';

/** The fixed parts of the page, into which the views are put. */
export interface PageFrame {
  readonly search: HTMLInputElement;
  readonly status: HTMLElement;
  readonly filter: HTMLElement;
  readonly sessions: HTMLElement;
  /** All of a session. */
  readonly main: HTMLElement;
  readonly overview: HTMLElement;
  readonly conversation: HTMLElement;
  readonly waterfall: HTMLElement;
  readonly zoomOut: HTMLButtonElement;
  readonly showAll: HTMLButtonElement;
  readonly details: HTMLElement;
}

/** How near to its end a pane counts as being at its end, in pixels. */
const AT_END_PIXELS = 40;
/** Windows shorter than this part of the session are worth zooming to. */
const ZOOM_BELOW = 0.12;

/** What is looked at, and how it is drawn. */
export class SessionPage {
  readonly #frame: PageFrame;
  readonly #data: SessionData;
  #span: string | undefined;
  #zoom: TimeWindow | undefined;
  #showAll = false;
  #query = '';
  #matches: ReadonlySet<string> | undefined;
  #filter: SessionFilter = NO_FILTER;
  #isChosen = false;
  #isDrawn = true;
  #isSought = false;

  constructor(frame: PageFrame, data: SessionData) {
    this.#frame = frame;
    this.#data = data;
    frame.zoomOut.addEventListener('click', () => this.#set(() => (this.#zoom = undefined)));
    frame.showAll.addEventListener('click', () =>
      this.#set(() => (this.#showAll = !this.#showAll)),
    );
  }

  /** Draws before the next frame, however often it is asked. */
  invalidate(): void {
    if (!this.#isDrawn) return;
    this.#isDrawn = false;
    requestAnimationFrame(() => {
      this.#isDrawn = true;
      this.#draw();
    });
  }

  /** Opens a session; until one is chosen, the newest is open. */
  choose(id: string): void {
    this.#isChosen = true;
    this.#open(id);
  }

  search(query: string, matches: ReadonlySet<string> | undefined): void {
    this.#set(() => {
      this.#query = query;
      this.#matches = matches;
    });
  }

  /** Goes to the next or the previous row. */
  move(step: 1 | -1): void {
    const rows = createTree(this.#data.spans, this.#showAll);
    const at = rows.findIndex(({ span }) => span.spanId === this.#span);
    const next = rows[at < 0 ? 0 : at + step];
    if (next !== undefined) this.#select(next.span);
  }

  /** Goes to the next or the previous session of the list. */
  moveSession(step: 1 | -1): void {
    const listed = this.#listed();
    const at = listed.findIndex(({ id }) => id === this.#data.openId);
    const next = listed[at < 0 ? 0 : at + step];
    if (next !== undefined) this.choose(next.id);
  }

  /** Goes to the next span that failed, after the last to the first again. */
  nextFailure(): void {
    const { spans } = this.#data;
    const rows = createTree(spans, this.#showAll).map(({ span }) => span);
    const failures = new Set(failuresOf(spans));
    const at = rows.findIndex(({ spanId }) => spanId === this.#span);
    const following = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
    const next = following.find((span) => failures.has(span));
    if (next !== undefined) this.#select(next);
  }

  /** Closes the details, then the zoom. */
  back(): void {
    delete this.#frame.details.dataset['shown'];
    this.#set(() => {
      if (this.#span === undefined) this.#zoom = undefined;
      this.#span = undefined;
    });
  }

  #set(change: () => void): void {
    change();
    this.invalidate();
  }

  #open(id: string): void {
    if (id === this.#data.openId) return;
    this.#data.open(id);
    this.#span = undefined;
    this.#zoom = undefined;
    this.#frame.conversation.scrollTop = 0;
    this.#frame.waterfall.scrollTop = 0;
    this.invalidate();
  }

  #select(span: PageSpan): void {
    this.#isSought = true;
    this.#set(() => (this.#span = span.spanId));
  }

  /** From the conversation: where the bar would be a hair, the timeline goes there. */
  #selectItem(span: PageSpan): void {
    const { from, to } = wholeOf(this.#data.spans);
    if (span.endMillis - span.startMillis < (to - from) * ZOOM_BELOW) this.#zoomTo(span, 1);
    this.#select(span);
  }

  /** `margin`: what is shown before and after, as a part of the span's duration. */
  #zoomTo({ startMillis, endMillis }: PageSpan, margin: number): void {
    const around = (endMillis - startMillis) * margin;
    this.#set(() => (this.#zoom = { from: startMillis - around, to: endMillis + around }));
  }

  /** Newest first, those that search and filter leave. */
  #listed(): readonly SessionSummary[] {
    return this.#data
      .list()
      .filter(
        (session) =>
          (this.#matches?.has(session.id) ?? true) && passesFilter(session, this.#filter),
      );
  }

  /** Only when it changes: a list that somebody has open would close. */
  #drawFilter(sessions: readonly SessionSummary[]): void {
    const { filter } = this.#frame;
    const parts = sessions.map(({ serviceName, agents }) => [serviceName, agents]);
    const shown = JSON.stringify([parts, this.#filter]);
    if (filter.dataset['shown'] === shown) return;
    filter.dataset['shown'] = shown;
    const change = (part: Partial<SessionFilter>): void =>
      this.#set(() => (this.#filter = { ...this.#filter, ...part }));
    redraw(filter, ...renderFilter(sessions, this.#filter, change));
  }

  async #showMetrics(): Promise<void> {
    const metrics = await this.#data.metrics();
    this.#span = undefined;
    drawMetrics(this.#frame, metrics, () => this.back());
  }

  /** Opens what the address names: `#session=…&span=…`. */
  followAddress(): void {
    const address = new URLSearchParams(location.hash.slice(1));
    const session = address.get('session');
    if (session === null) return;
    this.choose(session);
    const span = address.get('span') ?? undefined;
    this.#isSought = true;
    if (span !== this.#span) this.#set(() => (this.#span = span));
  }

  /** Until somebody chooses, the address names nothing: the newest session is shown. */
  #writeAddress(): void {
    const { openId } = this.#data;
    if (openId === undefined || !(this.#isChosen || this.#span !== undefined)) return;
    const span = this.#span === undefined ? {} : { span: this.#span };
    history.replaceState(
      null,
      '',
      `#${new URLSearchParams({ session: openId, ...span }).toString()}`,
    );
  }

  #draw(): void {
    const { status, sessions } = this.#frame;
    const all = this.#data.list();
    const newest = all.find(({ id }) => id !== DOCTOR_SESSION)?.id;
    if (!this.#isChosen && newest !== undefined) this.#open(newest);
    status.textContent = this.#data.isConnected ? 'listening' : 'disconnected';
    status.dataset['on'] = String(this.#data.isConnected);
    redraw(
      sessions,
      renderSessionList({
        sessions: this.#listed(),
        selected: this.#data.openId,
        query: this.#query,
        isNarrowed: all.length > 0,
        onSelect: (id) => this.choose(id),
      }),
    );
    this.#drawFilter(all);
    this.#writeAddress();
    const { spans, openId, sessions: known } = this.#data;
    const summary = known.get(openId ?? '');
    if (summary === undefined || spans.length === 0) {
      document.title = 'catalyst-tracing dev';
      drawNothing(this.#frame, all.length === 0);
    } else {
      const { agents, room, participant, serviceName } = summary;
      document.title = [...agents, room, participant, serviceName].filter(Boolean).join(' · ');
      this.#drawSession(summary);
    }
  }

  /** Draws all of a session anew; panes stay where they were scrolled to. */
  #drawSession(session: SessionSummary): void {
    const { main, overview, conversation, waterfall, zoomOut, showAll } = this.#frame;
    const { spans } = this.#data;
    const selected = this.#span;
    const whole = wholeOf(spans);
    const view = { spans, selected, query: this.#query, startMillis: whole.from };
    const onSelectItem = (span: PageSpan): void => this.#selectItem(span);
    main.classList.remove('nothing');
    redraw(
      overview,
      ...renderOverview(spans, session, selected, {
        onSelect: onSelectItem,
        onNextFailure: () => this.nextFailure(),
        onMetrics: () => void this.#showMetrics(),
      }),
    );
    // Follows what is said while the session runs, unless somebody has scrolled away from the end.
    const { scrollTop, clientHeight, scrollHeight } = conversation;
    const isAtEnd = scrollTop + clientHeight >= scrollHeight - AT_END_PIXELS;
    redraw(conversation, renderConversation({ ...view, onSelect: onSelectItem }));
    if (isAtEnd && !session.isComplete) conversation.scrollTop = conversation.scrollHeight;
    redraw(
      waterfall,
      renderWaterfall({
        ...view,
        rows: createTree(spans, this.#showAll),
        ids: new Set(spans.map(({ spanId }) => spanId)),
        window: this.#zoom ?? whole,
        onSelect: (span) => this.#select(span),
        onZoom: (span) => this.#zoomTo(span, 0.05),
      }),
    );
    zoomOut.hidden = this.#zoom === undefined;
    showAll.hidden = false;
    showAll.textContent = this.#showAll ? 'show essential spans' : `show all ${spans.length} spans`;
    this.#drawDetails(whole.from);
    this.#scrollToSelected();
  }

  /** Left as it is while it shows the same: somebody may be reading in it. */
  #drawDetails(startMillis: number): void {
    const { details } = this.#frame;
    const span = this.#data.spans.find(({ spanId }) => spanId === this.#span);
    const isMetrics = span === undefined && details.dataset['shown'] === 'metrics';
    details.hidden = span === undefined && !isMetrics;
    const shown = `${span?.spanId ?? ''} ${this.#query}`;
    if (isMetrics || details.dataset['shown'] === shown) return;
    details.dataset['shown'] = shown;
    const options = { startMillis, query: this.#query, onClose: () => this.back() };
    details.replaceChildren(...(span ? [renderDetails(span, options)] : []));
    details.scrollTop = 0;
  }

  /** Once after a selection, when its row is there: the spans may still be on their way. */
  #scrollToSelected(): void {
    const { conversation, waterfall } = this.#frame;
    if (!this.#isSought || waterfall.querySelector('.selected') === null) return;
    this.#isSought = false;
    for (const pane of [conversation, waterfall]) {
      const selected = pane.querySelector('.selected');
      if (selected && !isInView(selected, pane)) selected.scrollIntoView({ block: 'center' });
    }
  }
}

function isInView(row: Element, pane: Element): boolean {
  const { top, bottom } = row.getBoundingClientRect();
  const frame = pane.getBoundingClientRect();
  const ruler = pane.querySelector('.ruler')?.getBoundingClientRect().height ?? 0;
  return top >= frame.top + ruler && bottom <= frame.bottom;
}

/** Says what to do, as long as there is nothing to show. */
function drawNothing(frame: PageFrame, isFirst: boolean): void {
  const { main, overview, conversation, waterfall, details, zoomOut, showAll } = frame;
  main.classList.add('nothing');
  overview.replaceChildren();
  waterfall.replaceChildren();
  details.hidden = zoomOut.hidden = showAll.hidden = true;
  const hint = h(
    'div',
    'hint',
    h('p', '', 'Waiting for the first trace. Start the agent with'),
    h('pre', '', `CATALYST_OTLP_ENDPOINT=${location.origin}`),
    h('p', '', 'and talk to it. Spans are shown as they end.'),
  );
  conversation.replaceChildren(...(isFirst ? [hint] : []));
}

/** The newest values of all metrics, in the place of a span's details. */
function drawMetrics(
  { details }: PageFrame,
  metrics: readonly PageMetric[],
  onClose: () => void,
): void {
  details.hidden = false;
  details.dataset['shown'] = 'metrics';
  const rows = metrics.map(({ serviceName, name, attributes, value, count, unit }) =>
    h(
      'tr',
      '',
      h('th', '', name),
      h('td', '', `${Number(value.toFixed(3))} ${unit}${count > 1 ? ` mean of ${count}` : ''}`),
      h('td', '', [serviceName, ...Object.values(attributes).map(String)].join(', ')),
    ),
  );
  const close = h(
    'button',
    { className: 'quiet close', title: 'Close (Esc)', onClick: onClose },
    '×',
  );
  details.replaceChildren(
    h(
      'article',
      'details',
      h('header', '', h('b', '', 'Metrics'), close),
      rows.length === 0
        ? h('p', '', 'No metrics yet: they come with setup({ metrics: true }).')
        : h('table', '', ...rows),
    ),
  );
}
