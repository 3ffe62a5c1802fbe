import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { VERSION } from '../../src/version.js';
import { startReceiver } from '../support/otlp-receiver.js';
import { createConsumer, MANIFEST, REPOSITORY, type Consumer } from './consumer.js';

let consumer: Consumer;
let files: readonly string[];

beforeAll(async () => {
  consumer = await createConsumer();
  files = readdirSync(consumer.packageDirectory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(consumer.packageDirectory, join(entry.parentPath, entry.name)));
});
afterAll(() => consumer.remove());

function read(file: string): string {
  return readFileSync(join(consumer.packageDirectory, file), 'utf8');
}

describe('the tarball', () => {
  it('holds the build and the pages that people read, and nothing else', () => {
    const others = files.filter(
      (file) =>
        !/^(?:docs|examples)\//.test(file) &&
        !/^dist\/(?:[\w-]+\.(?:js|cjs|d\.ts|d\.cts)|page\.css)$/.test(file),
    );
    expect(others.toSorted()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'SECURITY.md',
      'llms.txt',
      'package.json',
    ]);
    expect(files.filter((file) => /test|spec|snap/.test(file))).toEqual([]);
  });

  it('links to what it holds', () => {
    const pages = files.filter((file) => /\.md$|^llms\.txt$/.test(file));
    expect(pages.length).toBeGreaterThan(8);
    for (const page of pages) {
      for (const [, target] of read(page).matchAll(/\]\((?!https?:|#)([^)#]+)[^)]*\)/g)) {
        expect(files, page).toContain(join(dirname(page), target ?? ''));
      }
    }
  });

  it('has a file behind every entry, for both formats and their types', () => {
    const targets =
      JSON.stringify(MANIFEST.exports).match(/\.\/[\w./-]+\.(?:c?js|d\.c?ts)"/g) ?? [];
    expect(targets.length).toBeGreaterThanOrEqual(16);
    for (const target of targets.map((text) => text.slice(0, -1))) {
      expect(existsSync(join(consumer.packageDirectory, target)), target).toBe(true);
    }
  });

  it('says nothing of the machine that built it', () => {
    for (const file of files) {
      expect(read(file).includes(REPOSITORY), file).toBe(false);
      expect(read(file).includes(`${homedir()}/`), file).toBe(false);
    }
  });

  it('traces the CommonJS example', async () => {
    const receiver = await startReceiver();
    const path = consumer.write('commonjs.cjs', read('examples/commonjs.cjs'));
    const { code, stdout } = await consumer.node([path], {
      CATALYST_OTLP_ENDPOINT: receiver.endpoint,
    });
    await receiver.close();
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: '{ exported: 2, dropped: 0, pending: 0 }\n',
    });
    expect(receiver.spans().map(({ name }) => name)).toContain('lookup_order');
  });

  it('has one version', () => {
    const { version }: { version: string } = JSON.parse(read('package.json'));
    expect(VERSION).toBe(version);
    expect(read('CHANGELOG.md')).toContain(`## ${version}`);
  });
});
