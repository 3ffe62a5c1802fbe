import { mkdirSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Browser, findChromium, startChromium } from '../support/chromium.js';
import { decodeTraceRequest } from '../support/otlp-decode.js';
import { buildCli, type BuiltCli } from './built-cli.js';
import { postJson, type RunningCommand, startCommand } from './running-dev.js';
import { voiceSession } from './voice-session.js';

const REPORTS = join(import.meta.dirname, '..', '..', 'reports');
const CHROMIUM = findChromium();
if (CHROMIUM === undefined) {
  console.warn('SKIPPED: no Chromium is there, so the page with voice sessions is not opened.');
}

let cli: BuiltCli;
let dev: RunningCommand;
let data = '';
beforeAll(async () => {
  cli = await buildCli();
  data = mkdtempSync(join(cli.emptyDirectory, 'data-'));
  dev = await startCommand(cli, ['dev', '--port', '0', '--data', data]);
}, 60_000);
afterAll(async () => {
  expect(await dev.stop()).toBe(0);
  cli.remove();
});

const post = (body: string): Promise<number> => postJson(`${dev.endpoint}/v1/traces`, body);

describe('the terminal of dev', () => {
  it('says where the time of a reply went, and that somebody spoke into one', async () => {
    const session = { sessionId: 'spoken', turns: 2, interruptedTurn: 1 };
    await post(voiceSession({ ...session, hasEnded: false, retriedTurn: 0 }));
    await dev.printed(/Answer 2.*\n.*reply/);
    expect(dev.stdout()).toMatch(
      /reply 885 ms: end of turn 380 ms, model 290 ms, first sentence 60 ms, speech 130 ms, playout 25 ms/,
    );
    expect(dev.stdout()).toMatch(
      /reception {2}Answer 2: yes, two rooms are free\. {2}\(interrupted\)/,
    );
  });

  it('counts a retry as a retry, a failed call once, and an interruption', async () => {
    await post(
      voiceSession({
        sessionId: 'counted',
        turns: 3,
        retriedTurn: 0,
        failedTurn: 2,
        interruptedTurn: 1,
      }),
    );
    await dev.printed(/interruptions: 1/);
    expect(dev.stdout()).toContain(
      'model calls: 3  ·  errors: 1  ·  retries: 4  ·  interruptions: 1',
    );
  });
});

describe('what dev keeps and shares', () => {
  it('is there after a restart, and in one file that show prints anywhere', async () => {
    await post(voiceSession({ sessionId: 'kept/1', turns: 2 }));
    const response = await fetch(`${dev.endpoint}/api/export?session=kept%2F1`);
    expect(response.headers.get('content-disposition')).toContain('kept%2f1.jsonl');
    const exported = await response.text();
    expect(decodeTraceRequest(Buffer.from(exported), 'application/json')).toHaveLength(9);

    writeFileSync(join(data, 'damaged.jsonl'), '{"resourceSp');
    const again = await startCommand(cli, ['dev', '--port', '0', '--data', data]);
    const after = await fetch(`${again.endpoint}/api/export?session=kept%2F1`);
    expect(await after.text()).toBe(exported);
    expect(again.stdout(), 'old sessions are not printed again').not.toContain('Answer');
    expect(again.stdout()).toMatch(/damaged\.jsonl cannot be read or written: no spans/);
    expect(await again.stop()).toBe(0);

    const file = join(cli.emptyDirectory, 'report.json');
    writeFileSync(file, exported);
    const tree =
      /AGENT {2}agent_session[\s\S]*Answer 1: yes[\s\S]*model calls: 2 {2}· {2}errors: 0/;
    const { port } = new URL(dev.endpoint);
    for (const args of [[file], ['kept/1', '--data', data], ['kept/1', '--port', port]]) {
      const shown = await cli.run(['show', ...args]);
      expect(shown.stdout, shown.stderr).toMatch(tree);
      expect(shown.code).toBe(0);
    }
    const page = await startCommand(cli, ['show', file, '--page']);
    expect(await (await fetch(`${page.endpoint}/api/search?q=rooms`)).json()).toEqual(['kept/1']);
    expect(await page.stop()).toBe(0);
    const missing = await cli.run(['show', 'nobody', '--data', data]);
    expect(missing).toMatchObject({ code: 1 });
    expect(missing.stderr).toContain('"nobody" is neither a file nor a session');
    expect(readdirSync(data).every((name) => /^[\w%-]+\.jsonl$/.test(name))).toBe(true);
  });

  it('takes a number that the stock JSON exporter could not write', async () => {
    const attribute = { key: 'llm.token_count.prompt', value: { doubleValue: null } };
    const span = { traceId: '5'.repeat(32), spanId: '5'.repeat(16), name: 'odd' };
    const scopeSpans = [{ spans: [{ ...span, attributes: [attribute] }] }];
    expect(await post(JSON.stringify({ resourceSpans: [{ scopeSpans }] }))).toBe(200);
    await dev.printed(/ odd /);
    expect(dev.stdout()).not.toContain('NaN');
  });

  it('counts once what is sent twice, and what was sent as incomplete before its end', async () => {
    const body = voiceSession({ sessionId: 'twice', turns: 12 });
    await post(body);
    await dev.printed(/model calls: 12 /);
    await post(body);
    expect(await post(body.replaceAll(/"name":"agent_turn"/g, '"name":"cut_turn"'))).toBe(200);
    const incomplete = { key: 'catalyst.incomplete', value: { boolValue: true } };
    const late = body
      .replaceAll('"name":"agent_turn"', '"name":"early_turn"')
      .replaceAll(
        '"attributes":[{"key":"openinference',
        () => `"attributes":[${JSON.stringify(incomplete)},{"key":"openinference`,
      );
    await post(late);
    const shown = await cli.run(['show', 'twice', '--data', data]);
    expect(shown.stdout).toMatch(/^49 spans .* model calls: 12 /m);
    expect(shown.stdout.match(/cut_turn/g)).toHaveLength(12);
    expect(shown.stdout).not.toMatch(/early_turn|agent_turn/);
  });

  it('takes metrics and logs too', async () => {
    const point = { startTimeUnixNano: '1', timeUnixNano: '2', count: '2', sum: 3 };
    const histogram = { aggregationTemporality: 1, dataPoints: [point] };
    const nothing = { dataPoints: [{ timeUnixNano: '2', asDouble: 'NaN' }] };
    const metrics = [
      { name: 'voice.e2e_latency', unit: 's', histogram },
      { name: 'voice.odd', gauge: nothing },
    ];
    const body = JSON.stringify({ resourceMetrics: [{ scopeMetrics: [{ metrics }] }] });
    for (let export_ = 0; export_ < 2; export_++) {
      expect(await postJson(`${dev.endpoint}/v1/metrics`, body)).toBe(200);
    }
    expect(await postJson(`${dev.endpoint}/v1/logs`, '{}')).toBe(200);
    // JSON, which the page reads, has no NaN.
    expect(await (await fetch(`${dev.endpoint}/api/metrics`)).json()).toMatchObject([
      { name: 'voice.e2e_latency', unit: 's', value: 1.5, count: 4 },
    ]);
  });
});

describe('dev with --host', () => {
  const address = Object.values(networkInterfaces())
    .flatMap((each) => each ?? [])
    .find(({ internal, family }) => !internal && family === 'IPv4')?.address;

  it('takes from another machine what has the token, and nothing else', async () => {
    const exposed = await startCommand(cli, ['dev', '--port', '0', '--host', '0.0.0.0']);
    const { port } = new URL(exposed.endpoint);
    const token = /CATALYST_OTLP_TOKEN=(\w{32})/.exec(
      await exposed.printed(/CATALYST_OTLP_TOKEN=\w+\n/),
    )?.[1];
    expect(exposed.stdout()).toContain(
      `CATALYST_OTLP_ENDPOINT=http://host.docker.internal:${port}`,
    );
    expect(exposed.stdout()).toContain(`http://localhost:${port}/?token=${token}`);
    const outside = `http://${address ?? '127.0.0.1'}:${port}`;
    const status = async (path: string, headers: Record<string, string> = {}): Promise<number> =>
      (await fetch(`${outside}${path}`, { headers })).status;
    const authorization = `Bearer ${token}`;
    if (address !== undefined) {
      expect(await status('/api/search?q=')).toBe(403);
      expect(await postJson(`${outside}/v1/traces`, '{}')).toBe(403);
    }
    expect(await postJson(`${outside}/v1/traces`, '{}', { authorization })).toBe(200);
    expect(await status('/api/search?q=', { authorization: 'Bearer no' })).toBe(
      address ? 403 : 200,
    );
    expect(await status('/api/search?q=', { authorization, origin: 'http://evil.example' })).toBe(
      403,
    );
    const page = await fetch(`${outside}/?token=${token}`);
    const [cookie = ''] = (page.headers.get('set-cookie') ?? '').split(';');
    expect(page.headers.get('set-cookie')).toMatch(/HttpOnly; SameSite=Strict/);
    expect(await status('/api/search?q=', { cookie })).toBe(200);
    expect(await exposed.stop()).toBe(0);
  });

  it('listens at the loopback too, as the page does', async () => {
    const exposed = await startCommand(cli, [
      'dev',
      '--port',
      '0',
      '--host',
      address ?? '127.0.0.1',
    ]);
    const { port } = new URL(exposed.endpoint);
    expect((await fetch(`${exposed.endpoint}/api/search?q=`)).status).toBe(200);
    const outside = await fetch(`http://${address ?? '127.0.0.1'}:${port}/api/search?q=`);
    expect(outside.status).toBe(address ? 403 : 200);
    expect(await exposed.stop()).toBe(0);
  });
});

describe.skipIf(CHROMIUM === undefined)('the page of dev with voice sessions, in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium(CHROMIUM ?? '');
    await browser.page.resize(1500, 900, 'light');
    await post(voiceSession({ sessionId: 'sixty', turns: 60, slowTurn: 41, interruptedTurn: 12 }));
    await post(
      voiceSession({
        sessionId: 'failed',
        turns: 3,
        retriedTurn: 0,
        failedTurn: 2,
        serviceName: 'hotel',
      }),
    );
    await browser.page.goto(`${dev.endpoint}/#session=sixty`);
    await browser.page.waitFor(`document.querySelectorAll('.column').length === 60`);
  }, 60_000);
  afterAll(() => browser.close());

  const evaluate = <T>(expression: string): Promise<T> => browser.page.evaluate<T>(expression);
  const text = (selector: string): Promise<string> =>
    evaluate(
      `document.querySelector(${JSON.stringify(selector)})?.innerText.replaceAll('\\n', ' ') ?? ''`,
    );
  const click = (selector: string): Promise<void> =>
    evaluate(`document.querySelector(${JSON.stringify(selector)}).click()`);
  const press = (key: string): Promise<boolean> =>
    evaluate(
      `document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { key: '${key}', bubbles: true }))`,
    );
  async function keep(name: string): Promise<void> {
    mkdirSync(REPORTS, { recursive: true });
    writeFileSync(join(REPORTS, `${name}.png`), await browser.page.screenshot());
  }

  it('shows the slow one of 60 turns at a glance, and where its time went', async () => {
    const heights = await evaluate<number[]>(
      `[...document.querySelectorAll('.column')].map((each) => each.getBoundingClientRect().height)`,
    );
    const sorted = heights.toSorted((a, b) => b - a);
    expect(heights.indexOf(sorted[0]!)).toBe(41);
    expect(sorted[0]! / sorted[1]!).toBeGreaterThan(4);
    expect(await text('.overview')).toMatch(/reply [\d.]+ m?s median, [\d.]+ s p95/);
    expect(await text('.legend')).toMatch(
      /slowest 7\.\d+ s end of turn callback model tools first sentence speech playout/,
    );
    await keep('page-voice-60');
    await evaluate(`document.querySelectorAll('.column')[41].click()`);
    await browser.page.waitFor(`document.querySelector('.details .latency') !== null`);
    expect(await evaluate(`document.querySelector('.details .latency').ariaLabel`)).toMatch(
      /^reply 7\.\d+ s: end of turn \d+ ms, callback 90 ms, model \d+ ms, tools 6\.80 s, first sentence \d+ ms/,
    );
    expect(await text('.item.agent.selected .text')).toContain('Answer 42');
    expect(await text('.row.selected')).toContain('Question 42');
    const speech = await evaluate<string>(
      `[...document.querySelectorAll('.row')].map((each) => each.textContent).find((each) => each.includes('tts_request'))`,
    );
    expect(speech).toMatch(/tts_requestsonic-3, Cartesia900 ms · first audio 140 ms/);
    await keep('page-voice-slow-turn');
    await browser.page.resize(1500, 900, 'dark');
    await keep('page-voice-dark');
    await browser.page.resize(1500, 900, 'light');
    await press('Escape');
  });

  it('shows interruptions, and room, participant and agent', async () => {
    const { page } = browser;
    // Esc closed the details of the slow turn; once more for the whole session.
    await press('Escape');
    await page.waitFor(`document.querySelector('.right .quiet').hidden`);
    const rows = await evaluate<string[]>(
      `[...document.querySelectorAll('.row')].map((each) => each.textContent).filter((each) => each.includes('interrupted'))`,
    );
    expect(rows).toHaveLength(1);
    expect(rows[0]).toContain('TURNQuestion 13');
    expect(await text('.overview')).toContain('interruptions 1');
    expect(await text('.overview')).toContain('room room-7 participant caller-1');
    expect(await evaluate('document.title')).toBe('reception · room-7 · caller-1 · voice');
    expect(await text('[data-session="sixty"]')).toContain('voice reception room-7 caller-1');
  });

  it('shows the model calls of a failed session, and counts as the terminal does', async () => {
    const { page } = browser;
    await click('[data-session="failed"]');
    await page.waitFor(`document.querySelector('.overview')?.innerText.includes('failed')`);
    expect(await text('.overview')).toMatch(/model calls 3 retries 4 .*✗ 1 failed/);
    expect(await text('[data-session="failed"]')).toContain('✗ 1');
    const calls = await evaluate<string[]>(
      `[...document.querySelectorAll('.row')].map((each) => each.textContent).filter((each) => each.startsWith('LLM'))`,
    );
    expect(calls).toHaveLength(3);
    expect(calls[2]).toContain('✗ upstream is down');
    await click('.overview .problem');
    await page.waitFor(`document.querySelector('.row.selected.failed') !== null`);
    await keep('page-voice-failed');
  });

  it('has an address for each session and span, and opens it', async () => {
    const { page } = browser;
    const hash = await evaluate<string>('location.hash');
    expect(hash).toMatch(/^#session=failed&span=[0-9a-f]{16}$/);
    const selected = await evaluate<string>(`document.querySelector('.row.selected').dataset.span`);
    await page.goto('about:blank');
    await page.goto(`${dev.endpoint}/${hash}`);
    await page.waitFor(`document.querySelector('.row.selected')?.dataset.span === '${selected}'`);
    expect(await text('.details header')).toContain('copy trace id copy JSON copy link');
  });

  it('narrows the list to errors, slow replies, a service', async () => {
    const { page } = browser;
    const listed = (): Promise<string[]> =>
      evaluate(`[...document.querySelectorAll('.session')].map((each) => each.dataset.session)`);
    const toggle = (label: string): Promise<void> =>
      evaluate(
        `[...document.querySelectorAll('.filter button')].find((each) => each.innerText === '${label}').click()`,
      );
    await evaluate(`document.activeElement.blur()`);
    await toggle('slow');
    await page.waitFor(`document.querySelectorAll('.session').length === 1`);
    expect(await listed()).toEqual(['sixty']);
    await toggle('slow');
    await page.waitFor(`document.querySelectorAll('.session').length > 2`);
    await toggle('errors');
    await page.waitFor(`document.querySelector('[data-session="sixty"]') === null`);
    expect((await listed()).toSorted()).toEqual(['counted', 'failed']);
    await evaluate(
      `(() => { const select = document.querySelector('[aria-label="service"]'); select.value = 'hotel'; select.dispatchEvent(new Event('change')); })()`,
    );
    await page.waitFor(`document.querySelectorAll('.session').length === 1`);
    expect(await listed()).toEqual(['failed']);
    await evaluate(
      `(() => { const select = document.querySelector('[aria-label="service"]'); select.value = ''; select.dispatchEvent(new Event('change')); })()`,
    );
    await toggle('errors');
    await page.waitFor(`document.querySelector('[data-session="sixty"]') !== null`);
  });

  it('is used by keyboard alone: Tab reaches rows, Enter opens, Esc clears the search', async () => {
    const { page } = browser;
    const roles = await evaluate<string[]>(
      `['.session', '.item', '.row'].map((each) => { const found = document.querySelector(each); return found.getAttribute('role') + found.tabIndex; })`,
    );
    expect(roles).toEqual(['button0', 'button0', 'treeitem0']);
    await evaluate(`document.querySelectorAll('.row')[3].focus()`);
    const focused = await evaluate<string>(`document.activeElement.dataset.span`);
    await press('Enter');
    await page.waitFor(`document.querySelector('.row.selected')?.dataset.span === '${focused}'`);
    expect(await evaluate(`document.activeElement.dataset.span`)).toBe(focused);
    await evaluate(
      `(() => { const box = document.querySelector('input'); box.focus(); box.value = 'nobody'; box.dispatchEvent(new Event('input')); })()`,
    );
    await page.waitFor(`document.querySelector('nav').innerText.includes('No session has this')`);
    await press('Escape');
    await page.waitFor(`document.querySelectorAll('.session').length > 2`);
    expect(await evaluate(`document.querySelector('input').value`)).toBe('');
  });

  it('tells a session that went silent from one that runs, and keeps test traces apart', async () => {
    const { page } = browser;
    await post(voiceSession({ sessionId: 'silent', turns: 2, hasEnded: false }));
    await post(voiceSession({ sessionId: 'catalyst-tracing-doctor', turns: 1 }));
    await page.waitFor(
      `document.querySelector('[data-session="catalyst-tracing-doctor"]') !== null`,
    );
    expect(await text('[data-session="silent"]')).toContain('live');
    expect(await text('.session:last-child')).toBe('5 test traces of the doctor');
    await evaluate(`(() => { const now = Date.now; Date.now = () => now() + 61_000; })()`);
    await page.waitFor(
      `document.querySelector('[data-session="silent"]').innerText.includes('no end received')`,
    );
    await click('[data-session="silent"]');
    await page.waitFor(
      `document.querySelector('.overview')?.innerText.includes('no end received')`,
    );
  });

  it('shows metrics', async () => {
    const { page } = browser;
    await evaluate(
      `[...document.querySelectorAll('.overview button')].find((each) => each.innerText === 'metrics').click()`,
    );
    await page.waitFor(
      `document.querySelector('.details')?.innerText.includes('voice.e2e_latency')`,
    );
    expect(await text('.details')).toContain('1.5 s mean of 4');
  });

  it.each([
    [1000, 'light'],
    [360, 'dark'],
  ] as const)('is usable %i pixels wide', async (width, scheme) => {
    const { page } = browser;
    await page.resize(width, 800, scheme);
    await evaluate(`document.querySelector('[data-session="sixty"]').click()`);
    await page.waitFor(`document.querySelectorAll('.column').length === 60`);
    const overflow = await evaluate<number>(
      `document.documentElement.scrollWidth - document.documentElement.clientWidth`,
    );
    expect(overflow).toBe(0);
    const [conversation, timeline] = await evaluate<number[]>(
      `['.left', '.right'].map((each) => document.querySelector(each).getBoundingClientRect().height)`,
    );
    expect(Math.min(conversation!, timeline!)).toBeGreaterThan(200);
    await keep(`page-voice-${width}`);
    expect(page.complaints()).toEqual([]);
  });
});
