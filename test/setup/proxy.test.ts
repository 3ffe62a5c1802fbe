import { inspect } from 'node:util';
import { afterEach, expect, it } from 'vitest';
import { manualSpan, setup } from '../../src/index.js';
import { resolveOptions } from '../../src/options/resolve-options.js';
import { startForwardProxy } from '../support/forward-proxy.js';
import { startReceiver } from '../support/otlp-receiver.js';

afterEach(() => {
  delete process.env['HTTP_PROXY'];
  delete process.env['NO_PROXY'];
});

it('setup() goes through the proxy that the environment names, and past it where NO_PROXY says so', async () => {
  const receiver = await startReceiver();
  const proxy = await startForwardProxy();
  for (const [noProxy, asked] of [
    ['', 1],
    ['127.0.0.1', 1],
  ] as const) {
    process.env['HTTP_PROXY'] = proxy.url;
    process.env['NO_PROXY'] = noProxy;
    const tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false });
    await manualSpan({ spanName: 'work' }, () => undefined);
    expect(await tracing.shutdown()).toMatchObject({ exported: 1, dropped: 0 });
    expect(proxy.asked).toHaveLength(asked);
  }
  await Promise.all([receiver.close(), proxy.close()]);
});

it('no dump of the resolved options shows what a proxy is asked with', () => {
  const { proxies, ...others } = resolveOptions(
    { endpoint: 'http://127.0.0.1:1' },
    { HTTPS_PROXY: 'http://me:hunter2@proxy.example:3128' },
  );
  expect(proxies.https).toContain('hunter2');
  expect(inspect({ proxies, others }, { depth: 9 }) + JSON.stringify({ proxies })).not.toContain(
    'hunter2',
  );
});
