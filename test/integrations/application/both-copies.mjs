// An ES module and a CommonJS copy of each SDK in one process.
import { createRequire } from 'node:module';
import { setup, manualSpan } from 'catalyst-tracing';
import { callBoth } from './call-both.mjs';

const require = createRequire(import.meta.url);
const OpenAI = require('openai');
const tracing = await setup();
await manualSpan({ spanName: 'script' }, async () => {
  await callBoth();
  const openai = new OpenAI({ apiKey: 'no-key', baseURL: process.env.PROVIDER_URL });
  const messages = [{ role: 'user', content: 'hello' }];
  await openai.chat.completions.create({ model: 'gpt-4.1-mini', messages });
});
await tracing.shutdown();
console.log(JSON.stringify({ installResults: tracing.installResults }));
