// Leaves streams of both providers, and ends without `shutdown()`.
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { setup } from 'catalyst-tracing';

const { installResults } = await setup();
const stream = true;
const messages = [{ role: 'user', content: 'hello' }];
const openai = new OpenAI({ apiKey: 'no-key', baseURL: process.env.PROVIDER_URL });
const anthropic = new Anthropic({ apiKey: 'no-key', baseURL: process.env.PROVIDER_ORIGIN });
await openai.chat.completions.create({ model: 'm', messages, stream });
await anthropic.messages.create({ model: 'm', max_tokens: 99, messages, stream });
console.log(JSON.stringify({ installResults }));
if (process.env.CASE === 'exit') process.exit(0);
