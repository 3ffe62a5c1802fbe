import { DOCTOR_SESSION, failuresOf, type SpanFacts, type SessionSummary } from '../span-facts.js';
import { renderConversation } from './conversation.js';
import { h, redraw } from './dom.js';
import { isSilent, renderOverview, renderSession } from './overview.js';
import { SessionData } from './session-data.js';
import { renderDetails, renderMetrics } from './span-details.js';
import { createTree, renderWaterfall, type TimeWindow, wholeOf } from './timeline.js';

const SEARCH_DELAY_MILLIS = 150;
const SILENCE_CHECK_MILLIS = 5000;
/** Callers take a longer pause for a lost connection. */
const SLOW_REPLY_MILLIS = 1500;
/** How near to its end a pane counts as being at its end, in pixels. */
const AT_END_PIXELS = 40;
/** Spans shorter than this part of the session are worth zooming to. */
const ZOOM_BELOW = 0.12;

function find<K extends keyof HTMLElementTagNameMap>(tag: K, rest = ''): HTMLElementTagNameMap[K] {
  const found = document.querySelector<HTMLElementTagNameMap[K]>(`${tag}${rest}`);
  if (found === null) throw new Error(`the page has no ${tag}${rest}`);
  return found;
}

// The fixed parts of the page; its document is in `dev-server.ts`. The controls of the filter keep
// what it is set to.
const search = find('input');
const service = find('select', '[name=service]');
const agent = find('select', '[name=agent]');
const onlyErrors = find('button', '[data-action=errors]');
const onlySlow = find('button', '[data-action=slow]');
const status = find('span', '.status');
const list = find('div', '.list');
const main = find('main');
const overview = find('div', '.overview');
const conversation = find('section', '[aria-label=Conversation]');
const waterfall = find('section', '[aria-label=Timeline]');
const details = find('aside');
const zoomOut = find('button', '[data-action=zoomOut]');
const showAll = find('button', '[data-action=showAll]');

// What is looked at.
const data = new SessionData(invalidate);
let selected: string | undefined;
let zoom: TimeWindow | undefined;
let showsAll = false;
let query = '';
let matches: ReadonlySet<string> | undefined;
/** Until a session is chosen, the newest is open. */
let isChosen = false;
/** The selected span is still to be scrolled to. */
let isSought = false;
/** What the details show: metrics, or a span for a query. */
let shownDetails: string | undefined;
let isDrawn = true;

/** Draws before the next frame, however often it is called. */
function invalidate(): void {
  if (!isDrawn) return;
  isDrawn = false;
  requestAnimationFrame(() => {
    isDrawn = true;
    draw();
  });
}

function open(id: string): void {
  if (id === data.openId) return;
  data.open(id);
  selected = undefined;
  zoom = undefined;
  conversation.scrollTop = 0;
  waterfall.scrollTop = 0;
  invalidate();
}

function choose(id: string): void {
  isChosen = true;
  open(id);
}

function select(spanId: string | undefined): void {
  selected = spanId;
  isSought = true;
  invalidate();
}

function spanOf(spanId: string | undefined): SpanFacts | undefined {
  return data.spans.find((span) => span.spanId === spanId);
}

/** From elsewhere than the timeline: where the bar would be a hair, the timeline goes there. */
function selectItem(spanId: string): void {
  const { startMillis = 0, endMillis = Infinity } = spanOf(spanId) ?? {};
  const { from, to } = wholeOf(data.spans);
  const duration = endMillis - startMillis;
  if (duration < (to - from) * ZOOM_BELOW) {
    zoom = { from: startMillis - duration, to: endMillis + duration };
  }
  select(spanId);
}

/** Goes to the next or the previous row. */
function move(step: 1 | -1): void {
  const rows = createTree(data.spans, showsAll);
  const at = rows.findIndex(({ span }) => span.spanId === selected);
  const next = rows[at < 0 ? 0 : at + step];
  if (next !== undefined) select(next.span.spanId);
}

/** Goes to the next or the previous session of the list. */
function moveSession(step: 1 | -1): void {
  const listed = listedSessions();
  const at = listed.findIndex(({ id }) => id === data.openId);
  const next = listed[at < 0 ? 0 : at + step];
  if (next !== undefined) choose(next.id);
}

/** Goes to the next span that failed, after the last to the first again. */
function moveToFailure(): void {
  const rows = createTree(data.spans, showsAll).map(({ span }) => span);
  const failures = new Set(failuresOf(data.spans));
  const at = rows.findIndex(({ spanId }) => spanId === selected);
  const following = [...rows.slice(at + 1), ...rows.slice(0, at + 1)];
  const next = following.find((span) => failures.has(span));
  if (next !== undefined) select(next.spanId);
}

/** Closes the details, then the zoom. */
function goBack(): void {
  if (selected === undefined) zoom = undefined;
  selected = undefined;
  shownDetails = undefined;
  invalidate();
}

async function showMetrics(): Promise<void> {
  const metrics = await data.metrics();
  selected = undefined;
  shownDetails = 'metrics';
  details.replaceChildren(renderMetrics(metrics));
  invalidate();
}

function toggle(button: HTMLElement): void {
  button.ariaPressed = String(button.ariaPressed !== 'true');
  invalidate();
}

/** What the buttons with `data-action` do. */
const ACTIONS: Readonly<Record<string, () => void>> = {
  errors: () => toggle(onlyErrors),
  slow: () => toggle(onlySlow),
  failure: moveToFailure,
  metrics: () => void showMetrics(),
  close: goBack,
  zoomOut: () => {
    zoom = undefined;
    invalidate();
  },
  showAll: () => {
    showsAll = !showsAll;
    invalidate();
  },
};

const KEYS: Readonly<Record<string, () => void>> = {
  '/': () => search.focus(),
  ArrowDown: () => move(1),
  j: () => move(1),
  ArrowUp: () => move(-1),
  k: () => move(-1),
  ']': () => moveSession(1),
  '[': () => moveSession(-1),
  e: moveToFailure,
  Escape: goBack,
};

document.addEventListener('click', ({ target }) => {
  if (!(target instanceof Element)) return;
  const clicked = target.closest<HTMLElement>('[data-action], [data-session], [data-span]');
  const { action, session, span } = clicked?.dataset ?? {};
  if (action !== undefined) ACTIONS[action]?.();
  else if (session !== undefined) choose(session);
  else if (span !== undefined) (waterfall.contains(target) ? select : selectItem)(span);
});

document.addEventListener('keydown', (event) => {
  const { key, target, ctrlKey, metaKey, altKey } = event;
  const { activeElement } = document;
  let act = KEYS[key];
  if (activeElement === search) {
    act = key === 'Escape' ? clearSearch : undefined;
  } else if (activeElement instanceof HTMLSelectElement) {
    act = key === 'Escape' ? goBack : undefined;
  } else if (ctrlKey || metaKey || altKey) {
    return;
  } else if (key === 'Enter' || key === ' ') {
    // What is no button by itself.
    if (target instanceof HTMLElement && target.hasAttribute('tabindex'))
      act = () => target.click();
  }
  if (act === undefined) return;
  act();
  event.preventDefault();
});

let searchTimer: ReturnType<typeof setTimeout> | undefined;
search.addEventListener('input', () => {
  clearTimeout(searchTimer);
  searchTimer = setTimeout(() => void searchFor(search.value.trim()), SEARCH_DELAY_MILLIS);
});

async function searchFor(text: string): Promise<void> {
  const found = text === '' ? undefined : await data.search(text).catch(() => undefined);
  // Only for what is typed now: answers may overtake one another.
  if (text !== search.value.trim()) return;
  query = text;
  matches = found;
  invalidate();
}

function clearSearch(): void {
  if (search.value === '') search.blur();
  search.value = '';
  void searchFor('');
}

for (const choice of [service, agent]) choice.addEventListener('change', invalidate);

/** Those that search and filter leave. */
function listedSessions(): readonly SessionSummary[] {
  return data
    .list()
    .filter(
      ({ id, serviceName, agents, errors, replyMillis }) =>
        (matches?.has(id) ?? true) &&
        (service.value === '' || serviceName === service.value) &&
        (agent.value === '' || agents.includes(agent.value)) &&
        (onlyErrors.ariaPressed !== 'true' || errors > 0) &&
        (onlySlow.ariaPressed !== 'true' || (replyMillis.at(-1) ?? 0) > SLOW_REPLY_MILLIS),
    );
}

/** Only when there are others: a list that somebody has open would close. */
function drawChoice(choice: HTMLSelectElement, names: readonly string[]): void {
  const values = [...new Set(['', ...names])].toSorted();
  const shown = JSON.stringify(values);
  if (choice.dataset['shown'] === shown) return;
  choice.dataset['shown'] = shown;
  const { value } = choice;
  choice.replaceChildren(...values.map((each) => new Option(each || `${choice.name}s`, each)));
  choice.value = values.includes(value) ? value : '';
  choice.hidden = values.length < 3;
}

/** Opens what the address names: `#session=…&span=…`. */
function followAddress(): void {
  const address = new URLSearchParams(location.hash.slice(1));
  const session = address.get('session');
  if (session === null) return;
  choose(session);
  select(address.get('span') ?? undefined);
}

/** Until somebody chooses, the address names nothing: the newest session is shown. */
function writeAddress(): void {
  if (data.openId === undefined || !(isChosen || selected !== undefined)) return;
  const span = selected === undefined ? {} : { span: selected };
  const address = new URLSearchParams({ session: data.openId, ...span });
  history.replaceState(null, '', `#${address.toString()}`);
}

function draw(): void {
  const all = data.list();
  const newest = all.find(({ id }) => id !== DOCTOR_SESSION)?.id;
  if (!isChosen && newest !== undefined) open(newest);
  status.textContent = data.isConnected ? 'listening' : 'disconnected';
  status.dataset['on'] = String(data.isConnected);
  drawChoice(
    service,
    all.map(({ serviceName }) => serviceName),
  );
  drawChoice(
    agent,
    all.flatMap(({ agents }) => agents),
  );
  const listed = listedSessions().map((each) =>
    renderSession(each, each.id === data.openId, query),
  );
  const none = all.length > 0 ? 'No session has this.' : 'No session yet.';
  redraw(list, listed.length > 0 ? h('ul', 'sessions', listed) : h('p', 'empty', none));
  writeAddress();
  const session = data.sessions.get(data.openId ?? '');
  const isShown = session !== undefined && data.spans.length > 0;
  main.classList.toggle('nothing', !isShown);
  if (isShown) drawSession(session);
  else drawNothing(all.length === 0);
}

/** Says what to do, as long as there is nothing to show. */
function drawNothing(isFirst: boolean): void {
  document.title = 'catalyst-tracing dev';
  overview.replaceChildren();
  const hint = h(
    'div',
    'hint',
    h('p', '', 'Waiting for the first trace. Start the agent with'),
    h('pre', '', `CATALYST_OTLP_ENDPOINT=${location.origin}`),
    h('p', '', 'and talk to it. Spans are shown as they end.'),
  );
  conversation.replaceChildren(...(isFirst ? [hint] : []));
}

/** Draws all of a session anew; panes stay where they were scrolled to. */
function drawSession(session: SessionSummary): void {
  const { spans } = data;
  const { agents, room, participant, serviceName } = session;
  document.title = [...agents, room, participant, serviceName].filter(Boolean).join(' · ');
  const whole = wholeOf(spans);
  const view = { spans, selected, query, startMillis: whole.from };
  redraw(overview, renderOverview(spans, session, selected));
  // Follows what is said while the session runs, unless somebody has scrolled away from the end.
  const { scrollTop, clientHeight, scrollHeight } = conversation;
  const isAtEnd = scrollTop + clientHeight >= scrollHeight - AT_END_PIXELS;
  redraw(conversation, renderConversation(view));
  if (isAtEnd && !session.isComplete) conversation.scrollTop = conversation.scrollHeight;
  const rows = createTree(spans, showsAll);
  redraw(waterfall, renderWaterfall({ ...view, rows, window: zoom ?? whole }));
  zoomOut.hidden = zoom === undefined;
  showAll.textContent = showsAll ? 'show essential spans' : `show all ${spans.length} spans`;
  drawDetails(whole.from);
  scrollToSelected();
}

/** Left as they are while they show the same: somebody may be reading in them. */
function drawDetails(startMillis: number): void {
  const span = spanOf(selected);
  if (span !== undefined) {
    const shown = `${span.spanId} ${query}`;
    if (shown !== shownDetails) details.replaceChildren(renderDetails(span, startMillis, query));
    if (shown !== shownDetails) details.scrollTop = 0;
    shownDetails = shown;
  } else if (shownDetails !== 'metrics') {
    shownDetails = undefined;
  }
  details.hidden = shownDetails === undefined;
}

/** Once after a selection, when its row is there: the spans may still be on their way. */
function scrollToSelected(): void {
  if (!isSought || waterfall.querySelector('.selected') === null) return;
  isSought = false;
  for (const pane of [conversation, waterfall]) {
    pane.querySelector('.selected')?.scrollIntoView({ block: 'nearest' });
  }
}

data.connect();
window.addEventListener('hashchange', followAddress);
followAddress();
invalidate();
// That a session has gone silent is no change that the server could tell.
setInterval(() => {
  if (data.list().some(isSilent)) invalidate();
}, SILENCE_CHECK_MILLIS);
