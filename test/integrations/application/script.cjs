const { setup, manualSpan } = require('catalyst-tracing');
// Loaded after this file: set-up must not miss it.
const loadSdks = () => [require('openai'), require('@anthropic-ai/sdk')];

async function main() {
  const tracing = await setup();
  const [OpenAI, Anthropic] = loadSdks();
  const messages = [{ role: 'user', content: 'hello' }];
  await manualSpan({ spanName: 'script' }, async () => {
    const openai = new OpenAI({ apiKey: 'no-key', baseURL: process.env.PROVIDER_URL });
    await openai.chat.completions.create({ model: 'gpt-4.1-mini', messages });
    const anthropic = new Anthropic({ apiKey: 'no-key', baseURL: process.env.PROVIDER_ORIGIN });
    await anthropic.messages.create({ model: 'claude-test', max_tokens: 10, messages });
  });
  await tracing.shutdown();
  console.log(JSON.stringify({ installResults: tracing.installResults }));
}

void main();
