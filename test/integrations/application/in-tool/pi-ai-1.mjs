import * as piAi from '@earendil-works/pi-ai';
import * as api from '@earendil-works/pi-ai/api/openai-completions';
import { model, weather } from './pi-model.mjs';
import { runInTool } from './run-in-tool.mjs';

const apiKey = { name: 'key', resolve: () => Promise.resolve({ auth: { apiKey: 'no-key' } }) };
const models = piAi.createModels();
models.setProvider(piAi.createProvider({ id: 'acme', auth: { apiKey }, models: [model], api }));
await runInTool(async () => {
  const messages = [{ role: 'user', content: 'weather in Oslo', timestamp: 1 }];
  const ask = () => models.stream(model, { messages, tools: [weather] }).result();
  const first = await ask();
  const call = first.content.find(({ type }) => type === 'toolCall');
  const { content } = await weather.execute();
  const { id: toolCallId, name: toolName } = call;
  const result = { role: 'toolResult', toolCallId, toolName, content, isError: false };
  messages.push(first, { ...result, timestamp: 1 });
  return (await ask()).content.at(-1).text;
});
