import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCursor, type CursorServer } from './cursor-server.js';
import { startAgentServer, type AgentServer } from './elevenlabs-server.js';
import { installAgentApplication } from './installations.js';
import { runFile, tokenSum } from './run-application.js';

let directory: string;
let cursor: CursorServer;
let agent: AgentServer;
beforeAll(async () => {
  directory = await installAgentApplication();
  [cursor, agent] = await Promise.all([startCursor(), startAgentServer()]);
});
afterAll(async () => {
  await cursor.close();
  agent.close();
});

const HELLO = 'Hello from the local server.';
const LOOP = { prompt: 250, completion: 32 };
const NOTHING = { prompt: 0, completion: 0 };

it.each([
  ['ai-sdk.ts', ['weather-desk AGENT', 'step 0 CHAIN', 'chat gpt-4.1-mini LLM'], HELLO, NOTHING],
  ['pi-ai.mjs', ['pi.run AGENT', 'openai gpt-4.1-mini LLM'], HELLO, NOTHING],
  [
    'claude-code.mjs',
    ['claude-code.run AGENT', 'claude.query AGENT', 'mcp__demo__weather TOOL'],
    'dropped: 0',
    { prompt: 398, completion: 32 },
  ],
  [
    'elevenlabs.mjs',
    ['elevenlabs.conversation AGENT', 'elevenlabs.turn CHAIN', 'weather TOOL'],
    'agent: It is 21 degrees in Oslo.',
    NOTHING,
  ],
  [
    'cursor-agent.mjs',
    ['cursor.run AGENT', 'cursor.model LLM', 'shell TOOL'],
    'There is one file.',
    LOOP,
  ],
] as const)('examples/%s runs offline, and its trace arrives', async (file, names, said, bill) => {
  const run = await runFile(
    directory,
    [
      '--import',
      'tsx',
      `examples/${file}`,
      ...(file === 'cursor-agent.mjs' ? ['https://example.test/r'] : []),
    ],
    {
      OPENAI_API_KEY: 'no-key',
      CURSOR_API_KEY: 'no-key',
      CURSOR_BACKEND_URL: cursor.url,
      ELEVENLABS_AGENT_ID: 'agent_1',
      ELEVENLABS_ORIGIN: agent.origin,
      CLAUDE: join(import.meta.dirname, 'claude-stub.mjs'),
    },
  );
  expect(run.stdout).toContain(said);
  expect(run.stderr).not.toContain('[catalyst-tracing]');
  const shapes = run.spans.map(
    ({ name, attributes }) => `${name} ${String(attributes['openinference.span.kind'])}`,
  );
  expect(shapes).toEqual(expect.arrayContaining([...names]));
  expect(tokenSum(run.spans)).toEqual({
    prompt: run.bill.prompt + bill.prompt,
    completion: run.bill.completion + bill.completion,
  });
  expect(new Set(run.spans.map(({ traceId }) => traceId)).size).toBe(1);
});
