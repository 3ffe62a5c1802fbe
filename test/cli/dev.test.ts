import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import * as http from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { agentSpan, manualSpan, setup } from '../../src/index.js';
import { type Browser, findChromium, startChromium } from '../support/chromium.js';
import { traceSession } from '../support/traced-demo.js';
import { buildCli, cleanEnvironment, type BuiltCli } from './built-cli.js';

const REPORTS = join(import.meta.dirname, '..', '..', 'reports');
const CHROMIUM = findChromium();
if (CHROMIUM === undefined) {
  console.warn('SKIPPED: no Chromium is there, so the page of `dev` is not opened (5 tests).');
}

let cli: BuiltCli;
let child: ChildProcess;
let endpoint = '';
let stdout = '';

beforeAll(async () => {
  cli = await buildCli();
  child = spawn(process.execPath, [cli.file, 'dev', '--port', '0'], {
    env: cleanEnvironment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  endpoint = await printed(/http:\/\/127\.0\.0\.1:\d+/);
}, 60_000);
afterAll(async () => {
  const closed = once(child, 'close');
  child.kill('SIGTERM');
  const [code] = await closed;
  cli.remove();
  expect(code).toBe(0);
});

/** Waits for the terminal to show something. */
async function printed(what: RegExp): Promise<string> {
  for (;;) {
    const [found] = what.exec(stdout) ?? [];
    if (found !== undefined) return found;
    if (child.exitCode !== null) throw new Error(`ended: ${stdout}`);
    await Promise.race([once(child.stdout ?? child, 'data'), once(child, 'close')]);
  }
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** A request with headers that `fetch` would not send. */
function ask(
  path: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  const { body = '', ...rest } = options;
  return new Promise((resolve, reject) => {
    const request = http.request(`${endpoint}${path}`, { agent: false, ...rest }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
      );
    });
    request.on('error', reject);
    request.end(body);
  });
}

describe('the receiver of dev', () => {
  it('prints a session as it goes on, and its whole tree when it ends', async () => {
    await traceSession({ endpoint, serviceName: 'terminal' });
    await printed(/AGENT {2}agent_session/);
    expect(stdout).toMatch(/TOOL {3}function_tool.*bookTable.*✗ no table for 2 is free at 20:00/);
    expect(stdout).toContain('tokens: 975 prompt + 109 completion = 1084');
  });

  it.each([
    ['http/protobuf', 'gzip'],
    ['http/protobuf', 'none'],
    ['http/json', 'gzip'],
    ['http/json', 'none'],
  ] as const)('takes %s with compression %s', async (protocol, compression) => {
    const tracing = await setup({ endpoint, protocol, compression, autoInstrument: false });
    const input = 'long enough to be compressed '.repeat(800);
    await manualSpan({ spanName: `${protocol} ${compression}`, input }, () => undefined);
    expect(await tracing.shutdown()).toMatchObject({ exported: 1, dropped: 0 });
    await printed(new RegExp(`CHAIN {2}${protocol} ${compression}`));
  });

  it('says what is wrong with a request that it does not take', async () => {
    const post = (path: string, type: string, body: string): Promise<Answer> =>
      ask(path, { method: 'POST', headers: { 'content-type': type }, body });
    expect(await post('/v1/traces', 'text/plain', '{}')).toMatchObject({ status: 415 });
    expect(await post('/v1/traces', 'application/json', '{')).toMatchObject({ status: 400 });
    expect(await post('/v1/traces', 'application/x-protobuf', '\u0001')).toMatchObject({
      status: 400,
    });
    expect(await post('/v1/traces/v1/traces', 'application/json', '{}')).toMatchObject({
      status: 404,
      body: 'traces go to /v1/traces, not /v1/traces/v1/traces',
    });
    const zipped = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    expect(
      await ask('/v1/traces', { method: 'POST', headers: zipped, body: 'no gzip' }),
    ).toMatchObject({ status: 400 });
  });

  it('answers this machine alone: no other name for it, no other site', async () => {
    const { host } = new URL(endpoint);
    const json = { 'content-type': 'application/json' };
    const elsewhere: Record<string, string>[] = [
      { host: 'rebound.example' },
      { host: `rebound.example:${host.split(':')[1]}` },
      { host, origin: 'https://evil.example' },
      { host, origin: 'http://localhost:3000' },
      { host, origin: 'null' },
    ];
    for (const headers of elsewhere) {
      expect(await ask('/api/search?q=', { headers }), JSON.stringify(headers)).toMatchObject({
        status: 403,
      });
      const posted = await ask('/v1/traces', {
        method: 'POST',
        headers: { ...headers, ...json },
        body: '{}',
      });
      expect(posted.status).toBe(403);
    }
    const page = await ask('/', { headers: { host, origin: `http://${host}` } });
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toContain("default-src 'none'");
    expect(page.headers['content-security-policy']).not.toContain('unsafe');
    expect(page.headers['x-content-type-options']).toBe('nosniff');
    expect(page.headers['access-control-allow-origin']).toBeUndefined();
    expect((await ask('/../../package.json')).status).toBe(404);
  });
});

describe.skipIf(CHROMIUM === undefined)('the page of dev, in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium(CHROMIUM ?? '');
    await browser.page.resize(1500, 900, 'light');
    await browser.page.goto(endpoint);
  }, 60_000);
  afterAll(() => browser.close());

  const text = (selector: string): Promise<string> =>
    browser.page.evaluate(`document.querySelector(${JSON.stringify(selector)})?.innerText ?? ''`);
  const texts = (selector: string): Promise<string[]> =>
    browser.page.evaluate(
      `[...document.querySelectorAll(${JSON.stringify(selector)})].map((each) => each.innerText)`,
    );
  const click = (selector: string, holding: string): Promise<boolean> =>
    browser.page.evaluate(
      `(() => { const found = [...document.querySelectorAll(${JSON.stringify(selector)})]
         .find((each) => each.innerText.includes(${JSON.stringify(holding)}));
         found?.click(); return found !== undefined; })()`,
    );
  const press = (key: string): Promise<boolean> =>
    browser.page.evaluate(
      `document.dispatchEvent(new KeyboardEvent('keydown', { key: ${JSON.stringify(key)} }))`,
    );
  async function keep(name: string): Promise<void> {
    mkdirSync(REPORTS, { recursive: true });
    writeFileSync(join(REPORTS, `${name}.png`), await browser.page.screenshot());
  }

  it('shows a session with tools, a handoff and an error', async () => {
    const { page } = browser;
    await traceSession({ endpoint, serviceName: 'page' });
    await page.waitFor(`document.querySelector('.session .service')?.innerText === 'page'`);
    await page.waitFor(`document.querySelectorAll('.row').length > 10`);

    const talk = (await texts('.item')).map((item) => item.replaceAll('\n', ' '));
    expect(talk.find((item) => item.startsWith('User'))).toContain('plan an evening in Lisbon');
    expect(talk.filter((item) => item.includes('can you book a table'))).toHaveLength(1);
    expect(talk.find((item) => item.startsWith('getWeather'))).toMatch(
      /\{"city":"Lisbon"\} .*"celsius":21/,
    );
    expect(await texts('.item.failed')).toEqual([
      expect.stringMatching(/bookTable[\s\S]*no table for 2 is free at 20:00/),
    ]);
    expect(await texts('.item.handoff')).toEqual(['concierge_agent → billing_agent']);
    expect(await texts('.item.instructions')).toHaveLength(1);
    const overview = (await text('.overview')).replaceAll('\n', ' ');
    expect(overview).toContain('tokens 975 + 109');
    expect(overview).toContain('turns 5 model calls 6');
    expect(overview).toContain('✗ 1 failed');
    const rows = await texts('.row');
    expect(rows.filter((row) => row.startsWith('LLM'))).toHaveLength(6);
    expect(rows.find((row) => row.includes('bookTable'))).toContain('✗ no table for 2');

    expect(await click('.row', '259+9 tok')).toBe(true);
    await page.waitFor(`document.querySelector('.details header') !== null`);
    const details = (await text('.details')).replaceAll('\n', ' ');
    expect(details).toContain('259 prompt + 9 completion tokens');
    expect(details).toContain('transferToBilling');
    await click('.quiet', 'show all');
    await page.waitFor(`document.querySelectorAll('.row').length === 42`);
    await click('.quiet', 'show essential');
    await keep('page-session');

    await press('e');
    await page.waitFor(`document.querySelector('.details .problem') !== null`);
    expect(await text('.row.selected .label')).toBe('bookTable');
    const failed = (await text('.details')).replaceAll('\n', ' ');
    expect(failed).toContain('✗ no table for 2 is free at 20:00');
    expect(failed.match(/no table for 2/g), 'the error once, not as the result too').toHaveLength(
      1,
    );
    await page.resize(700, 900, 'dark');
    await keep('page-narrow');
    await page.resize(1500, 900, 'light');
    await press('Escape');
    await page.waitFor(
      `document.querySelector('.details') === null || document.querySelector('aside').hidden`,
    );
  });

  it('shows a session while it runs, before its root has ended', async () => {
    const { page } = browser;
    const tracing = await setup({ endpoint, serviceName: 'running', autoInstrument: false });
    const count = (): Promise<number> => page.evaluate(`document.querySelectorAll('.row').length`);
    await agentSpan({ agentName: 'walker', sessionId: 'walk-1' }, async () => {
      for (const step of [1, 2, 3]) {
        await manualSpan(
          { spanName: `step ${step}`, spanKind: 'TOOL', toolName: `step${step}`, input: { step } },
          () => undefined,
        );
        await tracing.forceFlush();
        if (step === 1) {
          await page.waitFor(`document.querySelector('[data-session="walk-1"]') !== null`);
          await click('.session', 'step');
        }
        await page.waitFor(`document.querySelectorAll('.item.tool').length === ${step}`);
        expect(await count()).toBe(step);
        expect(await text('.overview .live')).toBe('live');
        if (step === 3) await keep('page-live');
      }
    });
    await tracing.shutdown();
    await page.waitFor(`document.querySelectorAll('.row').length === 4`);
    expect(await text('.overview .live')).toBe('');
  });

  it('finds words over all sessions and marks them', async () => {
    const { page } = browser;
    const type = (words: string): Promise<void> =>
      page.evaluate(
        `(() => { const box = document.querySelector('input'); box.value = ${JSON.stringify(words)};
           box.dispatchEvent(new Event('input')); })()`,
      );
    await type('BOOKTABLE');
    await page.waitFor(
      `[...document.querySelectorAll('.session .service')].every((each) => /page|terminal/.test(each.innerText))`,
    );
    expect(await click('.session', 'page')).toBe(true);
    await page.waitFor(
      `[...document.querySelectorAll('mark')].some((each) => each.innerText === 'bookTable')`,
    );
    await type('words that nobody said');
    await page.waitFor(`document.querySelector('nav').innerText.includes('No session has')`);
    await type('');
    await page.waitFor(`document.querySelectorAll('.session').length >= 3`);
  });

  it('shows what was received as text, whatever it is', async () => {
    const { page } = browser;
    const attack = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`;
    const tracing = await setup({ endpoint, serviceName: attack, autoInstrument: false });
    await agentSpan({ agentName: attack, sessionId: `s"><b>${attack}`, input: attack }, () =>
      manualSpan(
        { spanName: attack, spanKind: 'TOOL', toolName: attack, input: attack, output: attack },
        () => undefined,
      ),
    );
    await tracing.shutdown();
    await page.waitFor(`document.querySelector('nav').innerText.includes('onerror')`);
    await click('.session', 'onerror');
    await page.waitFor(`document.querySelectorAll('.row').length === 2`);
    await click('.row', 'onerror');
    await page.waitFor(`document.querySelector('.details')?.innerText.includes('onerror')`);
    expect(await page.evaluate('window.hacked === undefined')).toBe(true);
    expect(await page.evaluate(`document.querySelectorAll('#app img, #app script').length`)).toBe(
      0,
    );
  });

  it('reads well with 60 turns, asks no other machine for anything and complains of nothing', async () => {
    const { page } = browser;
    await traceSession({ endpoint, serviceName: 'long', turns: 60 });
    await page.waitFor(`document.querySelector('nav').innerText.includes('long')`);
    await click('.session', 'long');
    await page.waitFor(`document.querySelectorAll('.item.user').length === 60`);
    expect((await text('.overview')).replaceAll('\n', ' ')).toContain('turns 60 model calls 75');
    await keep('page-60-turns');
    await page.evaluate(`document.querySelectorAll('.item.agent')[40].click()`);
    await page.waitFor(
      `document.querySelector('.row.selected') !== null && !document.querySelector('.quiet').hidden`,
    );
    const isSeen = `(() => { const row = document.querySelector('.row.selected').getBoundingClientRect();
      const pane = document.querySelector('.waterfall').parentElement.getBoundingClientRect();
      return row.top >= pane.top && row.bottom <= pane.bottom; })()`;
    await page.waitFor(isSeen);
    const barWidth = await page.evaluate<number>(
      `document.querySelector('.row.selected .bar').getBoundingClientRect().width`,
    );
    expect(barWidth).toBeGreaterThan(40);
    await page.resize(1500, 900, 'dark');
    await keep('page-60-turns-one');

    await click('.overview button', '✗ 1 failed');
    await page.waitFor(
      `document.querySelector('.row.selected.failed .label')?.innerText === 'lookUp'`,
    );
    await page.waitFor(isSeen);
    const open = await page.evaluate<string>(`document.querySelector('.session.selected').title`);
    await press(']');
    await page.waitFor(`document.querySelector('.session.selected').title !== '${open}'`);
    await press('[');
    await page.waitFor(`document.querySelector('.session.selected').title === '${open}'`);

    expect(page.complaints()).toEqual([]);
    expect(
      page.requests().filter((url) => !url.startsWith(`${endpoint}/`) && url !== 'data:,'),
    ).toEqual([]);
  });
});
