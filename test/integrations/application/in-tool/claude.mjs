import * as sdk from '@anthropic-ai/claude-agent-sdk';
import { wrapClaudeAgentSdkQuery } from 'catalyst-tracing';
import { runInTool } from './run-in-tool.mjs';

const query = wrapClaudeAgentSdkQuery(sdk.query);
const options = { pathToClaudeCodeExecutable: process.env.CLAUDE, executable: 'node' };
await runInTool(async () => {
  let answer;
  for await (const message of query({ prompt: 'weather in Oslo', options }))
    if (message.type === 'result') answer = message.result;
  return answer;
});
