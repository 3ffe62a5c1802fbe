import type { PageSpan, SessionSummary } from '../dev/page-span.js';
import type { SessionData } from './session-data.js';
import { renderSessionList } from './overview.js';
import { drawNothing, drawSession, type PageFrame } from './session-view.js';
import { createTree, type TimeWindow, wholeOf } from './timeline.js';

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
  #isChosen = false;
  #isDrawn = true;

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
    const rows = createTree(this.#data.spans, this.#showAll).map(({ span }) => span);
    const at = rows.findIndex(({ spanId }) => spanId === this.#span);
    const next = [...rows.slice(at + 1), ...rows.slice(0, at + 1)].find(({ isError }) => isError);
    if (next !== undefined) this.#select(next);
  }

  /** Closes the details, then the zoom. */
  back(): void {
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
    this.#set(() => (this.#span = span.spanId));
    requestAnimationFrame(() => {
      const { conversation, waterfall } = this.#frame;
      for (const pane of [conversation, waterfall]) {
        const selected = pane.querySelector('.selected');
        if (selected && !isInView(selected, pane)) selected.scrollIntoView({ block: 'center' });
      }
    });
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

  /** Newest first, those that the search leaves. */
  #listed(): readonly SessionSummary[] {
    return this.#data.list().filter(({ id }) => this.#matches?.has(id) ?? true);
  }

  #draw(): void {
    const { status, sessions } = this.#frame;
    const all = this.#data.list();
    const newest = all[0]?.id;
    if (!this.#isChosen && newest !== undefined) this.#open(newest);
    status.textContent = this.#data.isConnected ? 'listening' : 'disconnected';
    status.dataset['on'] = String(this.#data.isConnected);
    sessions.replaceChildren(
      renderSessionList({
        sessions: this.#listed(),
        selected: this.#data.openId,
        query: this.#query,
        onSelect: (id) => this.choose(id),
      }),
    );
    const { spans, openId, sessions: known } = this.#data;
    if (spans.length === 0) drawNothing(this.#frame, all.length === 0);
    else {
      drawSession(this.#frame, {
        spans,
        summary: known.get(openId ?? '') ?? { isComplete: true, errors: 0 },
        selected: this.#span,
        zoom: this.#zoom,
        showAll: this.#showAll,
        query: this.#query,
        onSelect: (span) => this.#select(span),
        onSelectItem: (span) => this.#selectItem(span),
        onZoom: (span) => this.#zoomTo(span, 0.05),
        onClose: () => this.#set(() => (this.#span = undefined)),
        onNextFailure: () => this.nextFailure(),
      });
    }
  }
}

function isInView(row: Element, pane: Element): boolean {
  const { top, bottom } = row.getBoundingClientRect();
  const frame = pane.getBoundingClientRect();
  const ruler = pane.querySelector('.ruler')?.getBoundingClientRect().height ?? 0;
  return top >= frame.top + ruler && bottom <= frame.bottom;
}
