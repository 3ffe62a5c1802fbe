import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startProcess, untracedEnvironment } from './support/child-process.js';
import type { CompletionReply } from './support/openai-server.js';
import { startOpenAIServer } from './support/openai-server.js';
import { startReceiver } from './support/otlp-receiver.js';

const ROOT = join(import.meta.dirname, '..');
const USAGE = { prompt: 10, completion: 5 };
const ANSWER: CompletionReply = { text: 'It is late.', usage: USAGE };

interface Example {
  readonly file: string;
  readonly args?: readonly string[];
  readonly replies?: readonly CompletionReply[];
  readonly spans: readonly string[];
  readonly prints?: RegExp;
}

const EXAMPLES: readonly Example[] = [
  { file: 'several-exporters.ts', spans: ['clerk.run', 'lookup_order'] },
  {
    file: 'redaction.ts',
    spans: ['clerk.run', 'pay'],
    prints: /I am \[name\], write to (?!ada@)[\s\S]*__REDACTED__|__REDACTED__[\s\S]*I am \[name\]/,
  },
  { file: 'assert-a-trace.ts', args: ['--test'], spans: ['clerk.run', 'lookup'] },
  {
    file: 'text-only-agent.ts',
    replies: [ANSWER, ANSWER],
    spans: ['agent_session', 'llm_request'],
    prints: /It is late\./,
  },
  {
    file: 'handoff.ts',
    replies: [
      { toolCalls: [{ id: 'call_1', name: 'transferToBilling', arguments: '{}' }], usage: USAGE },
      ANSWER,
      ANSWER,
    ],
    spans: ['agent_session', 'function_tool'],
  },
  {
    file: 'llm-without-session.ts',
    replies: [ANSWER],
    spans: ['summarise_call', 'llm_request'],
    prints: /It is late\./,
  },
];

it.each(EXAMPLES)(
  'examples/$file runs, and its trace arrives',
  async (example) => {
    const receiver = await startReceiver();
    const server = await startOpenAIServer(example.replies ?? []);
    const args = ['--import', 'tsx', ...(example.args ?? []), `examples/${example.file}`];
    const { code, stdout, stderr } = await startProcess(process.execPath, args, {
      directory: ROOT,
      env: {
        ...untracedEnvironment(),
        CATALYST_OTLP_ENDPOINT: receiver.endpoint,
        OPENAI_API_KEY: 'no-key',
        OPENAI_BASE_URL: server.baseUrl,
      },
      timeoutMillis: 40_000,
    }).ended;
    const output = stdout + stderr;
    await server.close();
    await receiver.close();

    expect(code, output).toBe(0);
    const spans = receiver.spans();
    expect(spans.map(({ name }) => name)).toEqual(expect.arrayContaining([...example.spans]));
    expect(new Set(spans.map(({ traceId }) => traceId)).size, 'one trace').toBe(1);
    if (example.prints !== undefined) expect(output).toMatch(example.prints);
    expect(output).not.toContain('[catalyst-tracing]');
  },
  50_000,
);
