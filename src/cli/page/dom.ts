/** What an element is made with. Texts are always set as text: nothing received is ever markup. */
export interface ElementOptions {
  readonly className?: string;
  readonly title?: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly onClick?: () => void;
}

export type Child = Node | string | undefined;

/** An element with children; `undefined` ones are left out. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  options: ElementOptions = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  const { className, title, data, attributes, onClick } = options;
  if (className !== undefined) element.className = className;
  if (title !== undefined) element.title = title;
  for (const [name, value] of Object.entries(data ?? {})) element.dataset[name] = value;
  for (const [name, value] of Object.entries(attributes ?? {})) element.setAttribute(name, value);
  if (onClick !== undefined) element.addEventListener('click', onClick);
  element.append(...children.filter((child) => child !== undefined));
  return element;
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
    fragment.append(text.slice(at, hit), h('mark', {}, text.slice(hit, hit + wanted.length)));
    at = hit + wanted.length;
  }
  fragment.append(text.slice(at));
  return fragment;
}

/** A duration in milliseconds as people read it. */
export function showDuration(millis: number): string {
  if (millis < 1) return `${millis.toFixed(2)} ms`;
  if (millis < 1000) return `${millis.toFixed(millis < 10 ? 1 : 0)} ms`;
  const seconds = millis / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
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
