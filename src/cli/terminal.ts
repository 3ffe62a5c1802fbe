const ANSI = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  blue: [34, 39],
  magenta: [35, 39],
} as const;

/** How a piece of text looks on a terminal. */
export type Style = keyof typeof ANSI;

/** Puts a text into a style, or leaves it plain where there are no colours. */
export type Paint = (style: Style, text: string) => string;

/** `color`: `process.stdout.hasColors()` knows about terminals and `NO_COLOR`. */
export function createPaint(color: boolean): Paint {
  if (!color) return (_style, text) => text;
  return (style, text) => {
    const [open, close] = ANSI[style];
    return `\u001B[${open}m${text}\u001B[${close}m`;
  };
}
