import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { setup } from '../../src/index.js';

/** First cells of the table under a header cell. */
function firstCells(page: string, header: string): readonly string[] {
  const lines = page.split('\n');
  const begin = lines.findIndex((line) => line.startsWith(`| ${header} `));
  const rows = lines.slice(begin + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end < 0 ? undefined : end).map((line) => line.split('`')[1] ?? line);
}

it('docs/delivery.md has every number, reason and count that stats() tells, and no other', async () => {
  const page = readFileSync(new URL('../../docs/delivery.md', import.meta.url), 'utf8');
  const tracing = await setup({ endpoint: 'http://127.0.0.1:9' });
  const stats = tracing.stats();
  await tracing.shutdown();
  expect(firstCells(page, 'field').toSorted()).toEqual(Object.keys(stats).toSorted());
  expect(firstCells(page, 'reason').toSorted()).toEqual(
    Object.keys(stats.droppedByReason).toSorted(),
  );
  expect(firstCells(page, 'count').toSorted()).toEqual(Object.keys(stats.privacy).toSorted());
});
