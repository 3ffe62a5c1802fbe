import { SessionData } from './session-data.js';
import { SessionPage } from './session-page.js';
import { createPageFrame } from './session-view.js';

const SEARCH_DELAY_MILLIS = 150;

const root = document.querySelector<HTMLElement>('#app');
if (root !== null) start(root);

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
    if (event.key === 'Escape') {
      if (isTyping) frame.search.blur();
      else page.back();
    } else if (isTyping || event.ctrlKey || event.metaKey || event.altKey) {
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
  page.invalidate();
}

async function search(
  input: HTMLInputElement,
  data: SessionData,
  page: SessionPage,
): Promise<void> {
  const query = input.value.trim();
  const matches = query === '' ? undefined : await data.search(query).catch(() => undefined);
  // Only for what stands there now: answers may overtake one another.
  if (query === input.value.trim()) page.search(query, matches);
}
