import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstallResult } from '../../src/index.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { startCursor, type CursorServer } from './cursor-server.js';
import { startAgentServer, type AgentServer } from './elevenlabs-server.js';
import { installAgentApplication } from './installations.js';
import type { Bill } from './provider-server.js';
import { named, runApplication, tokenSum, type ApplicationRun } from './run-application.js';
import { startToolLoop, type ToolLoopServer } from './tool-loop-server.js';

interface Sdk {
  readonly file: string;
  /** Its name in `installResults`; without one it has no row there. */
  readonly name?: string;
  readonly row?: Partial<InstallResult>;
  readonly answer: string;
  /** The spans below the tool, as they are indented in a tree. */
  readonly tree: readonly string[];
  /** What the run of the SDK costs. */
  readonly bill: Bill;
}

/** Of the fixture's tool loop; what Anthropic caches is no part of its input. */
const LOOP: Bill = { prompt: 250, completion: 32 };
const CLAUDE: Bill = { prompt: 398, completion: 32 };
const OSLO = 'It is 21 degrees in Oslo.';

const CONVERSATION = [
  'elevenlabs.conversation AGENT',
  '  elevenlabs.turn CHAIN',
  '    weather TOOL',
  '    kb_lookup TOOL',
];
const CLAUDE_TREE = [
  'claude.query AGENT',
  '  claude.message LLM',
  '  mcp__demo__weather TOOL',
  '  claude.message LLM',
];
/** Versions 5 and 6 have spans of their own, which are mapped. */
const AI_SDK_TREE = [
  'ai.generateText AGENT',
  '  ai.generateText.doGenerate LLM',
  '  ai.toolCall TOOL',
  '  ai.generateText.doGenerate LLM',
];
const SDKS: readonly Sdk[] = [
  { file: 'ai-sdk-5', name: 'aiSdk', answer: OSLO, tree: AI_SDK_TREE, bill: LOOP },
  { file: 'ai-sdk-6', name: 'aiSdk', answer: OSLO, tree: AI_SDK_TREE, bill: LOOP },
  {
    file: 'ai-sdk',
    name: 'aiSdk',
    answer: OSLO,
    tree: [
      'ai.generateText AGENT',
      '  step 0 CHAIN',
      '    chat req-model LLM',
      '    weather TOOL',
      '  step 1 CHAIN',
      '    chat req-model LLM',
    ],
    bill: LOOP,
  },
  {
    file: 'openai-agents',
    name: 'openaiAgents',
    answer: OSLO,
    tree: [
      'Agent workflow AGENT',
      '  Weather AGENT',
      '    generation LLM',
      '    weather TOOL',
      '    generation LLM',
    ],
    bill: LOOP,
  },
  {
    file: 'pi-agent',
    name: 'piAi',
    answer: OSLO,
    tree: ['pi.agent AGENT', '  acme req-model LLM', '  weather TOOL', '  acme req-model LLM'],
    bill: LOOP,
  },
  {
    file: 'pi-ai-1',
    name: 'piAi',
    answer: OSLO,
    tree: ['acme req-model LLM', 'acme req-model LLM'],
    bill: LOOP,
  },
  {
    file: 'claude',
    name: 'claudeAgentSdk',
    row: { status: 'unavailable', reason: expect.stringContaining('wrapClaudeAgentSdkQuery') },
    answer: OSLO,
    tree: CLAUDE_TREE,
    bill: CLAUDE,
  },
  { file: 'claude-code', answer: OSLO, tree: CLAUDE_TREE, bill: CLAUDE },
  {
    file: 'cursor',
    name: 'cursorSdk',
    answer: 'There is one file.',
    tree: ['cursor.run AGENT', '  cursor.model LLM', '  shell TOOL', '  read TOOL'],
    bill: LOOP,
  },
  {
    file: 'elevenlabs',
    name: 'elevenlabs',
    answer: OSLO,
    tree: CONVERSATION,
    bill: { prompt: 0, completion: 0 },
  },
  {
    file: 'elevenlabs-js',
    name: 'elevenlabs',
    answer: OSLO,
    tree: CONVERSATION,
    bill: { prompt: 0, completion: 0 },
  },
];

/** What the tool asks both providers itself; Anthropic's SDK has its own span. */
const PROVIDERS = [
  'OpenAI Chat Completions LLM',
  'Anthropic Messages LLM',
  '  anthropic.messages.create CHAIN',
];

let directory: string;
let loop: ToolLoopServer;
let cursor: CursorServer;
let agent: AgentServer;
beforeAll(async () => {
  directory = await installAgentApplication();
  [loop, cursor, agent] = await Promise.all([startToolLoop(), startCursor(), startAgentServer()]);
});
afterAll(async () => {
  await loop.close();
  await cursor.close();
  agent.close();
});

function run(file: string, CASE: string): Promise<ApplicationRun> {
  return runApplication(directory, [`in-tool/${file}.mjs`], {
    CASE,
    TOOL_LOOP_URL: loop.url,
    CURSOR_BACKEND_URL: cursor.url,
    ELEVENLABS_ORIGIN: agent.origin,
    CLAUDE: join(import.meta.dirname, 'claude-stub.mjs'),
  });
}

/** The spans below one, as an indented list in the order of their start. */
function treeBelow(spans: readonly DecodedSpan[], parent: DecodedSpan, depth = 0): string[] {
  return spans
    .filter(({ parentSpanId }) => parentSpanId === parent.spanId)
    .toSorted((a, b) => Number(a.startNanos - b.startNanos))
    .flatMap((span) => [
      `${'  '.repeat(depth)}${span.name} ${String(span.attributes['openinference.span.kind'])}`,
      ...treeBelow(spans, span, depth + 1),
    ]);
}

function only(spans: readonly DecodedSpan[]): DecodedSpan {
  const [span, ...more] = spans;
  if (span === undefined || more.length > 0) throw new Error(`${spans.length} spans`);
  return span;
}

describe.each(SDKS)('$file, with OpenAI and Anthropic found next to it', (sdk) => {
  it.each(['function_tool', 'alone'])('is one part of one trace: %s', async (CASE) => {
    const { report, spans, bill, stderr } = await run(sdk.file, CASE);
    expect(stderr).toBe('');
    expect(report.errors).toEqual([]);
    expect(report.answer).toBe(sdk.answer);
    const rows = report.installResults.filter(({ name }) => name === sdk.name);
    expect(rows).toMatchObject(
      sdk.name === undefined ? [] : [{ name: sdk.name, status: 'installed', ...sdk.row }],
    );
    for (const name of ['openai', 'anthropic'])
      expect(report.installResults).toContainEqual(
        expect.objectContaining({ name, status: 'installed' }),
      );
    const around =
      CASE === 'alone'
        ? only(named(spans, 'desk.run'))
        : only(
            named(spans, 'function_tool').filter(
              ({ attributes }) => attributes['tool.name'] === 'getWeather',
            ),
          );
    expect(treeBelow(spans, around)).toEqual([...sdk.tree, ...PROVIDERS]);
    expect(tokenSum(spans)).toEqual({
      prompt: bill.prompt + sdk.bill.prompt,
      completion: bill.completion + sdk.bill.completion,
    });
    expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
    expect(new Set(spans.map(({ attributes }) => attributes['session.id'])).size).toBe(1);
  });
});
