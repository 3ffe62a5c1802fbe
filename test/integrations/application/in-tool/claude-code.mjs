import { spawn } from 'node:child_process';
import { observeClaudeCode } from 'catalyst-tracing/claude-agent-sdk';
import { runInTool } from './run-in-tool.mjs';

const prompt = 'weather in Oslo';
const args = [process.env.CLAUDE, '-p', prompt, '--include-partial-messages'];
await runInTool(async () => {
  const start = (env) => spawn(process.execPath, args, { env }).stdout;
  let answer;
  for await (const message of observeClaudeCode(start, { prompt }))
    if (message.type === 'result') answer = message.result;
  return answer;
});
