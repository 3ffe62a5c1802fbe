// A model of the fixture's provider, as every generation of PI takes it.
export const model = {
  id: 'req-model',
  name: 'Model',
  api: 'openai-completions',
  provider: 'acme',
  baseUrl: process.env.TOOL_LOOP_URL,
  input: ['text'],
  cost: { input: 1, output: 2, cacheRead: 0.1, cacheWrite: 0 },
  contextWindow: 1000,
  maxTokens: 100,
};
export const weather = {
  name: 'weather',
  label: 'Weather',
  description: 'Weather',
  parameters: { type: 'object', properties: { city: { type: 'string' } } },
  execute: () => Promise.resolve({ content: [{ type: 'text', text: 'Oslo: 21' }], details: {} }),
};
