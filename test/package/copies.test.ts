import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';
import { createConsumer, type Consumer } from './consumer.js';

let consumer: Consumer;
let receiver: Receiver;
beforeAll(async () => {
  consumer = await createConsumer();
  receiver = await startReceiver();
  // A plugin of the application that brings a copy of its own.
  cpSync(
    consumer.packageDirectory,
    join(consumer.directory, 'node_modules', 'plugin', 'node_modules', 'catalyst-tracing'),
    { recursive: true },
  );
});
afterAll(async () => {
  consumer.remove();
  await receiver.close();
});

/** The application's copy and the plugin's, each as ESM or as CommonJS. */
const LOAD = `
  import { createRequire } from 'node:module';
  import { pathToFileURL } from 'node:url';
  const plugin = './node_modules/plugin/node_modules/catalyst-tracing/dist/index';
  const require = createRequire(import.meta.url);
  const copies = {
    'own ESM': await import('catalyst-tracing'),
    'own CommonJS': require('catalyst-tracing'),
    'plugin ESM': await import(plugin + '.js'),
    'plugin CommonJS': require(plugin + '.cjs'),
  };
`;
const COPIES = ['own ESM', 'own CommonJS', 'plugin ESM', 'plugin CommonJS'];

describe('four copies of the package in one process', () => {
  it.each(COPIES)('share the tracing that the %s copy set up', async (first) => {
    const before = receiver.spans().length;
    const path = consumer.write(
      'copies.mjs',
      `${LOAD}
       const tracing = await copies['${first}'].setup({ serviceName: 'shared' });
       const said = [];
       console.warn = (text) => said.push(text);
       await copies['${first}'].agentSpan({ agentId: 'outer', sessionId: 's-1' }, async () => {
         for (const [name, copy] of Object.entries(copies)) {
           await copy.manualSpan({ spanName: name, input: 'hi' }, () => {});
         }
       });
       const handles = await Promise.all(Object.values(copies).map((copy) => copy.setup()));
       const same = await Promise.all(Object.values(copies).map((copy) => copy.setup({ serviceName: 'shared' })));
       const quiet = said.length;
       await Promise.all(Object.values(copies).map((copy) => copy.setup({ serviceName: 'other' })));
       const result = await tracing.shutdown();
       const fresh = await copies['own ESM'].setup({ autoInstrument: false });
       console.log(JSON.stringify({
         distinct: new Set(Object.values(copies).map(({ setup }) => setup)).size,
         shared: [...handles, ...same].every((handle) => handle === tracing),
         quiet, warned: said.length > 0, result, fresh: fresh !== tracing,
       }));
       await fresh.shutdown();`,
    );
    const outcome = await consumer.node([path], { CATALYST_OTLP_ENDPOINT: receiver.endpoint });
    expect(outcome, outcome.stderr).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(outcome.stdout)).toEqual({
      distinct: 4,
      shared: true,
      quiet: 0,
      warned: true,
      result: { exported: 5, dropped: 0, pending: 0 },
      fresh: true,
    });
    const spans = receiver.spans().slice(before);
    const outer = spans.find(({ name }) => name === 'outer.run');
    for (const name of COPIES) {
      const span = spans.find((each) => each.name === name);
      expect(span).toMatchObject({ parentSpanId: outer?.spanId, traceId: outer?.traceId });
      // Whichever copy opened it, whose span it is and what it holds arrives the same way.
      expect(span?.attributes).toMatchObject({
        'session.id': 's-1',
        'agent.id': 'outer',
        'input.value': 'hi',
      });
      expect(span?.resourceAttributes['service.name']).toBe('shared');
    }
  });
});
