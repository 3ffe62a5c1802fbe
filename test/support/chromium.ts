import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';

/** A page in a real browser, spoken to over its debugging pipe. */
export interface BrowserPage {
  goto(url: string): Promise<void>;
  /** Evaluates an expression in the page; what it gives must be JSON. Throws what it throws. */
  evaluate<T>(expression: string): Promise<T>;
  /** Evaluates until the expression is true; the error shows the page's text. */
  waitFor(expression: string, timeoutMillis?: number): Promise<void>;
  /** A PNG of what is seen. */
  screenshot(): Promise<Buffer>;
  resize(width: number, height: number, scheme: 'light' | 'dark'): Promise<void>;
  /** URLs that the page asked for, other than those of the page itself. */
  requests(): readonly string[];
  /** What the page wrote to its console, exceptions and refusals of its policy included. */
  complaints(): readonly string[];
}

export interface Browser {
  readonly page: BrowserPage;
  close(): Promise<void>;
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** The browser's command, `CHROMIUM` first; `undefined` where there is none. */
export function findChromium(): string | undefined {
  return [process.env['CHROMIUM'] ?? '', ...NAMES].find((name) => {
    try {
      return name !== '' && execFileSync(name, ['--version'], { stdio: 'pipe' }).length > 0;
    } catch {
      return false;
    }
  });
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** Starts a browser without a window. */
export async function startChromium(command: string): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'catalyst-tracing-chromium-'));
  const child = spawn(
    command,
    [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      `--user-data-dir=${profile}`,
      '--remote-debugging-pipe',
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const input = asWritable(child.stdio[3]);
  const output = asReadable(child.stdio[4]);
  const waiting = new Map<number, (reply: Reply) => void>();
  const requests: string[] = [];
  const complaints: string[] = [];
  let id = 0;
  let sessionId: string | undefined;

  function take(reply: Reply): void {
    if (reply.id !== undefined) {
      waiting.get(reply.id)?.(reply);
      waiting.delete(reply.id);
    } else if (reply.method === 'Network.requestWillBeSent') {
      requests.push((reply.params as { request: { url: string } }).request.url);
    } else if (/exceptionThrown|consoleAPICalled|entryAdded/.test(reply.method ?? '')) {
      complaints.push(JSON.stringify(reply.params));
    }
  }

  let rest = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    const messages = (rest + text).split('\0');
    rest = messages.pop() ?? '';
    for (const message of messages) take(JSON.parse(message) as Reply);
  });

  function send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const own = ++id;
    return new Promise((resolve, reject) => {
      waiting.set(own, ({ result, error }) =>
        error === undefined ? resolve(result ?? {}) : reject(new Error(error.message)),
      );
      const message = { id: own, method, params, ...(sessionId !== undefined && { sessionId }) };
      input.write(`${JSON.stringify(message)}\0`);
    });
  }

  const { targetInfos } = (await send('Target.getTargets')) as {
    targetInfos: { type: string; targetId: string }[];
  };
  const targetId = targetInfos.find(({ type }) => type === 'page')?.targetId;
  const attached = await send('Target.attachToTarget', { targetId, flatten: true });
  sessionId = String(attached['sessionId']);
  for (const domain of ['Page', 'Runtime', 'Network', 'Log']) await send(`${domain}.enable`);

  const page: BrowserPage = {
    goto: async (url) => {
      await send('Page.navigate', { url });
      await page.waitFor('document.readyState === "complete"');
    },
    evaluate: async <T>(expression: string) => {
      const { result, exceptionDetails } = await send('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
        userGesture: true,
      });
      if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
      return (result as { value: T }).value;
    },
    waitFor: async (expression, timeoutMillis = 20_000) => {
      const deadline = Date.now() + timeoutMillis;
      while (!(await page.evaluate<boolean>(`Boolean(${expression})`))) {
        if (Date.now() > deadline) {
          const text = await page.evaluate<string>('document.body.innerText');
          throw new Error(`waited for ${expression}; the page shows: ${text.slice(0, 2000)}`);
        }
        await sleep(40);
      }
    },
    screenshot: async () => {
      const { data } = await send('Page.captureScreenshot', { format: 'png' });
      return Buffer.from(String(data), 'base64');
    },
    resize: async (width, height, scheme) => {
      const size = { width, height, deviceScaleFactor: 1, mobile: false };
      await send('Emulation.setDeviceMetricsOverride', size);
      const features = [{ name: 'prefers-color-scheme', value: scheme }];
      await send('Emulation.setEmulatedMedia', { features });
    },
    requests: () => requests,
    complaints: () => complaints,
  };
  return {
    page,
    close: async () => {
      const closed = once(child, 'close');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      sessionId = undefined;
      void send('Browser.close').catch(() => {});
      await closed;
      clearTimeout(timer);
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

function asWritable(stream: unknown): Writable {
  if (stream instanceof Writable) return stream;
  throw new Error('no pipe to the browser');
}

function asReadable(stream: unknown): Readable {
  if (stream instanceof Readable) return stream;
  throw new Error('no pipe from the browser');
}
