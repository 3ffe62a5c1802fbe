import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createConsumer, type Consumer } from './consumer.js';

let consumer: Consumer;
beforeAll(async () => {
  consumer = await createConsumer();
});
afterAll(() => consumer.remove());

it('the command of the package runs, and finds the application it is in', async () => {
  const cli = join(consumer.packageDirectory, 'dist', 'cli.js');
  expect(readFileSync(cli, 'utf8').startsWith('#!/usr/bin/env node\n')).toBe(true);
  const { code, stdout } = await consumer.node([cli, 'doctor', '--json']);
  const { findings }: { findings: { code: string; text: string }[] } = JSON.parse(stdout);
  const textOf = (wanted: string): string | undefined =>
    findings.find((finding) => finding.code === wanted)?.text;
  expect(textOf('settings.no_endpoint')).toBeDefined();
  expect(textOf('versions.own')).toContain('catalyst-tracing');
  expect(textOf('livekit.reached')).toContain('@livekit/agents');
  expect(code).toBe(1);
});

it('no entry of the library loads any of it', () => {
  const dist = join(consumer.packageDirectory, 'dist');
  const library = readdirSync(dist).filter(
    (file) => /\.c?js$/.test(file) && !/^(?:cli|page)\./.test(file),
  );
  expect(library.length).toBeGreaterThan(4);
  for (const file of library) {
    expect(readFileSync(join(dist, file), 'utf8'), file).not.toMatch(
      /cli\.js|renderReport|startDevServer/,
    );
  }
});
