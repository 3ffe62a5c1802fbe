import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';

export async function callBoth() {
  const messages = [{ role: 'user', content: 'hello' }];
  const openai = new OpenAI({ apiKey: 'no-key', baseURL: process.env.PROVIDER_URL });
  await openai.chat.completions.create({ model: 'gpt-4.1-mini', messages });
  const anthropic = new Anthropic({ apiKey: 'no-key', baseURL: process.env.PROVIDER_ORIGIN });
  await anthropic.messages.create({ model: 'claude-test', max_tokens: 10, messages });
}
