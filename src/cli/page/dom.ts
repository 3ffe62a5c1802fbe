/** What an element contains; a list stands for its members, and what is not there for nothing. */
export type Child = Node | string | false | undefined | readonly Child[];

/**
 * An element with attributes and children; a text for attributes is the class. Texts are always set
 * as text: nothing received is ever markup.
 */
export function h(
  tag: string,
  attributes: string | Readonly<Record<string, string | undefined>>,
  ...children: readonly Child[]
): HTMLElement {
  const element = document.createElement(tag);
  const { style = '', ...rest } =
    typeof attributes === 'string' ? { class: attributes } : attributes;
  // The page's policy refuses an attribute `style`, and allows this.
  element.style.cssText = style;
  for (const [name, value] of Object.entries(rest)) {
    if (value) element.setAttribute(name, value);
  }
  element.append(...nodesOf(children));
  return element;
}

function nodesOf(child: Child): readonly (Node | string)[] {
  if (!child) return [];
  return child instanceof Node || typeof child === 'string' ? [child] : child.flatMap(nodesOf);
}

/** What makes an element a button that Tab reaches. */
export const CLICKABLE = { role: 'button', tabindex: '0' } as const;

/** Replaces what is in a pane; focus stays on the same span or session. */
export function redraw(pane: HTMLElement, ...children: readonly Child[]): void {
  const { activeElement } = document;
  const { span, session } =
    activeElement instanceof HTMLElement && pane.contains(activeElement)
      ? activeElement.dataset
      : {};
  pane.replaceChildren(...nodesOf(children));
  const id = CSS.escape(span ?? session ?? '');
  if (id === '') return;
  const same = pane.querySelector<HTMLElement>(`[data-span="${id}"], [data-session="${id}"]`);
  same?.focus({ preventScroll: true });
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
