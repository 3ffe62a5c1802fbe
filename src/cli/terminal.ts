import { styleText } from 'node:util';

/** How a piece of text looks on a terminal. */
export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta';

/** Puts a text into a style, or leaves it plain where there are no colours. */
export type Paint = (style: Style, text: string) => string;

export function createPaint(color: boolean): Paint {
  return (style, text) => (color ? styleText(style, text, { validateStream: false }) : text);
}

/** Whether stdout shows colours; it knows about `NO_COLOR`. */
export function hasColors(): boolean {
  return process.stdout.isTTY && process.stdout.hasColors();
}
