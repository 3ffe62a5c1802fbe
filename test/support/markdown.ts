import { readFileSync } from 'node:fs';

/** What stands between `<!-- name: … -->` and `<!-- /name -->` of a page of the repository. */
export function readMarkedPart(page: string, name: string): string {
  const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
  const part = new RegExp(`<!-- ${name}: [^>]*-->\n(.*?)<!-- /${name} -->`, 's').exec(text)?.[1];
  if (part === undefined) throw new Error(`${page} has no part called ${name}`);
  return part;
}

/** A table without the padding that formatting gives its cells. */
export function withoutPadding(markdown: string): string {
  return markdown
    .trim()
    .split('\n')
    .map((line) =>
      line.startsWith('|') ? line.replaceAll(/ *\| */g, '|').replaceAll(/-{3,}/g, '---') : line,
    )
    .join('\n');
}
