/** What an element is made with. Texts are always set as text: nothing received is ever markup. */
export interface ElementOptions {
  readonly className?: string;
  readonly title?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly onClick?: () => void;
}

export type Child = Node | string | undefined;

/** An element with children; `undefined` ones are left out. A text for options is the class. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: ElementOptions | string,
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  const { className, title, data, attributes, onClick } =
    typeof options === 'string' ? { className: options } : options;
  if (className) element.className = className;
  if (title !== undefined) element.title = title;
  for (const [name, value] of Object.entries(data ?? {})) element.dataset[name] = value;
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  if (onClick !== undefined) makeClickable(element, onClick);
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** By mouse, and by keyboard where it is no button: reached by Tab, clicked by Enter. */
function makeClickable(element: HTMLElement, onClick: () => void): void {
  element.addEventListener('click', onClick);
  if (element instanceof HTMLButtonElement) return;
  if (!element.hasAttribute('role')) element.setAttribute('role', 'button');
  if (!element.hasAttribute('tabindex')) element.tabIndex = 0;
  element.addEventListener('keydown', (event) => {
    if (event.target !== element || (event.key !== 'Enter' && event.key !== ' ')) return;
    event.preventDefault();
    onClick();
  });
}

/** Replaces what is in a pane; focus stays on the same span, session or control. */
export function redraw(pane: HTMLElement, ...children: readonly Child[]): void {
  const { activeElement } = document;
  const focused = activeElement instanceof HTMLElement && pane.contains(activeElement);
  const { span, session, control } = focused ? activeElement.dataset : {};
  pane.replaceChildren(...children.filter((child) => child !== undefined));
  const id = CSS.escape(span ?? session ?? control ?? '');
  if (id === '') return;
  pane
    .querySelector<HTMLElement>(
      ['span', 'session', 'control'].map((key) => `[data-${key}="${id}"]`).join(),
    )
    ?.focus({ preventScroll: true });
}

/** A text with every occurrence of `query` marked, in either case. */
export function marked(text: string, query: string): DocumentFragment {
  const fragment = document.createDocumentFragment();
  const wanted = query.toLowerCase();
  const lower = text.toLowerCase();
  // Lower-casing may change the length of a text, and then places in it mean nothing.
  const canMark = wanted !== '' && lower.length === text.length;
  let at = 0;
  for (let hit = canMark ? lower.indexOf(wanted) : -1; hit >= 0; hit = lower.indexOf(wanted, at)) {
    fragment.append(text.slice(at, hit), h('mark', '', text.slice(hit, hit + wanted.length)));
    at = hit + wanted.length;
  }
  fragment.append(text.slice(at));
  return fragment;
}

/** A place in a session, from its start: `0:07.4`. */
export function showOffset(millis: number): string {
  const minutes = Math.floor(millis / 60_000);
  const seconds = (millis % 60_000) / 1000;
  return `${minutes}:${seconds.toFixed(1).padStart(4, '0')}`;
}

/** A count with separators. */
export function showCount(count: number): string {
  return count.toLocaleString('en');
}

/** A moment as the clock on the wall shows it. */
export function showClock(millis: number): string {
  return new Date(millis).toLocaleTimeString(undefined, { hour12: false });
}
