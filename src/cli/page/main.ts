import { SessionData } from './session-data.js';
import { h } from './dom.js';
import { isSilent } from './overview.js';
import { type PageFrame, SessionPage } from './session-page.js';

const SEARCH_DELAY_MILLIS = 150;
const SILENCE_CHECK_MILLIS = 5000;

function start(place: HTMLElement): void {
  const frame = createPageFrame(place);
  const data = new SessionData(() => page.invalidate());
  const page = new SessionPage(frame, data);
  let timer: ReturnType<typeof setTimeout> | undefined;
  frame.search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void search(frame.search, data, page), SEARCH_DELAY_MILLIS);
  });
  document.addEventListener('keydown', (event) => {
    const isTyping = document.activeElement === frame.search;
    const isChoosing = document.activeElement instanceof HTMLSelectElement;
    if (event.key === 'Escape') {
      if (!isTyping) page.back();
      else if (frame.search.value === '') frame.search.blur();
      else {
        frame.search.value = '';
        page.search('', undefined);
      }
    } else if (isTyping || isChoosing || event.ctrlKey || event.metaKey || event.altKey) {
      return;
    } else if (event.key === '/') frame.search.focus();
    else if (event.key === 'ArrowDown' || event.key === 'j') page.move(1);
    else if (event.key === 'ArrowUp' || event.key === 'k') page.move(-1);
    else if (event.key === ']') page.moveSession(1);
    else if (event.key === '[') page.moveSession(-1);
    else if (event.key === 'e') page.nextFailure();
    else return;
    event.preventDefault();
  });
  data.connect();
  window.addEventListener('hashchange', () => page.followAddress());
  page.followAddress();
  page.invalidate();
  // That a session has gone silent is no change that the server could tell.
  let silent = 0;
  setInterval(() => {
    const now = data.list().filter(isSilent).length;
    if (now !== silent) page.invalidate();
    silent = now;
  }, SILENCE_CHECK_MILLIS);
}

async function search(
  input: HTMLInputElement,
  data: SessionData,
  page: SessionPage,
): Promise<void> {
  const query = input.value.trim();
  const matches = query === '' ? undefined : await data.search(query).catch(() => undefined);
  // Only for what is typed now: answers may overtake one another.
  if (query === input.value.trim()) page.search(query, matches);
}

/** Builds the page and puts it in place. */
function createPageFrame(root: HTMLElement): PageFrame {
  const frame: PageFrame = {
    search: h('input', {
      attributes: {
        type: 'search',
        placeholder: 'Search text, tools, models, errors…  ( / )',
        'aria-label': 'Search',
        spellcheck: 'false',
      },
    }),
    status: h('span', 'status'),
    filter: h('div', 'filter'),
    sessions: h('div', 'list'),
    main: h('main', ''),
    overview: h('div', 'overview'),
    conversation: h('section', {
      className: 'pane',
      attributes: { 'aria-label': 'Conversation' },
    }),
    waterfall: h('section', { className: 'pane', attributes: { 'aria-label': 'Timeline' } }),
    zoomOut: h('button', 'quiet', '← whole session'),
    showAll: h('button', 'quiet'),
    details: h('aside', { className: 'pane', attributes: { 'aria-label': 'Span' } }),
  };
  root.replaceChildren(
    h(
      'header',
      'top',
      h('b', 'brand', 'catalyst-tracing ', h('span', '', 'dev')),
      frame.search,
      frame.status,
    ),
    h(
      'div',
      'body',
      h(
        'nav',
        { attributes: { 'aria-label': 'Sessions' } },
        frame.filter,
        frame.sessions,
        renderKeys(),
      ),
      frame.main,
    ),
  );
  frame.main.append(
    frame.overview,
    h('div', 'left', h('h2', '', 'Conversation'), frame.conversation),
    h(
      'div',
      'right',
      h('h2', '', 'Timeline', h('span', 'tools', frame.zoomOut, frame.showAll)),
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
  const keys = KEYS.map(([key, what]) => h('span', '', h('kbd', '', key), ` ${what}`));
  return h('p', 'keys', ...keys);
}

const app = document.querySelector<HTMLElement>('#app');
if (app !== null) start(app);
