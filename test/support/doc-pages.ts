import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** Every page that ships, from the root of the repository. */
export const PAGES: readonly string[] = [
  'README.md',
  'llms.txt',
  'SECURITY.md',
  ...pagesIn('docs'),
  ...pagesIn('examples'),
];

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

export const BLOCKS: readonly Block[] = PAGES.flatMap((page) =>
  [...readFileSync(join(ROOT, page), 'utf8').matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].map(
    ([, language = '', text = '']) => ({ page, language, text }),
  ),
);

/** Blocks of code that are a whole file: the others continue one. */
export const FILES: readonly Block[] = BLOCKS.filter(
  ({ language, text }) => /^(?:ts|js)$/.test(language) && /^import /m.test(text),
);

/** Lines that a user pastes into a shell, and lines of a `.env` file, without their comments. */
export const SHELL_LINES: readonly { readonly page: string; readonly line: string }[] =
  BLOCKS.filter(({ language }) => language === 'sh').flatMap(({ page, text }) =>
    text
      .split('\n')
      .map((line) => ({ page, line: line.replace(/\s+#.*$/, '').trim() }))
      .filter(({ line }) => line !== ''),
  );

function pagesIn(directory: string): readonly string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `${directory}/${name}`);
}
