import { h } from './dom.js';

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
