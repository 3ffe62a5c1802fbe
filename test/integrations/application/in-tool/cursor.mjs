import * as cursorSdk from '@cursor/sdk';
import { runInTool } from './run-in-tool.mjs';

await runInTool(async () => {
  const agent = await cursorSdk.Agent.create({ apiKey: 'no-key', cloud: { repos: [] } });
  const run = await agent.send('use a tool');
  const types = new Set();
  for await (const { type } of run.stream()) types.add(type);
  return (await run.wait()).result;
});
