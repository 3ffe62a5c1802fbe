/**
 * Claude Code as a child process: its run, model calls and tools as spans, below the span around it.
 *
 *     CATALYST_OTLP_ENDPOINT=… node examples/claude-code.mjs "weather in Oslo"
 *     CLAUDE=test/integrations/claude-stub.mjs node examples/claude-code.mjs "weather in Oslo"  # offline
 *
 * With `@anthropic-ai/claude-agent-sdk` instead: `const query = wrapClaudeAgentSdkQuery(sdk.query)`.
 */
import { spawn } from 'node:child_process';
import { env, argv } from 'node:process';
import { agentSpan, setup } from 'catalyst-tracing';
import { observeClaudeCode } from 'catalyst-tracing/claude-agent-sdk';

const tracing = await setup({ serviceName: 'claude-code' });
const prompt = argv[2] ?? 'weather in Oslo';
const flags = ['--output-format', 'stream-json', '--verbose', '--include-partial-messages'];

await agentSpan({ agentId: 'claude-code', input: prompt }, async (span) => {
  const messages = observeClaudeCode(
    // The environment has `TRACEPARENT`: what Claude Code sends by itself joins this trace.
    (childEnv) => spawn(env.CLAUDE ?? 'claude', ['-p', prompt, ...flags], { env: childEnv }).stdout,
    { prompt },
  );
  for await (const message of messages) {
    if (message.type === 'result') span.setOutput(message.result);
  }
});
console.log(await tracing.shutdown());
