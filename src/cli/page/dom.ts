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
