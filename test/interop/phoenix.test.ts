import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SCRIPT, USER_TURNS } from '../../examples/demo/conversation.js';
import { startOpenAIServer } from '../support/openai-server.js';
import { traceSession } from '../support/traced-demo.js';
import { PHOENIX } from './installed-servers.js';
import {
  eventually,
  findCommand,
  freePort,
  startServer,
  type ServerProcess,
} from './server-process.js';

const COMMAND = findCommand(
  'Arize Phoenix (npm run interop:install)',
  [process.env['PHOENIX'], PHOENIX.command, 'phoenix'],
  ['--help'],
);
const PROMPT = SCRIPT.reduce((sum, reply) => sum + reply.usage.prompt, 0);
const COMPLETION = SCRIPT.reduce((sum, reply) => sum + reply.usage.completion, 0);

interface PhoenixSpan {
  readonly name: string;
  readonly span_kind: string;
  readonly status_code: string;
  readonly status_message: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

interface PhoenixSession {
  readonly sessionId: string;
  readonly numTraces: number;
  readonly firstInput: { readonly value: string } | null;
  readonly lastOutput: { readonly value: string } | null;
  readonly tokenUsage: { readonly prompt: number; readonly completion: number };
  readonly costSummary: CostSummary;
  readonly traces: {
    readonly edges: readonly {
      readonly node: {
        readonly costSummary: CostSummary;
        readonly rootSpan: { readonly cumulativeTokenCountTotal: number };
      };
    }[];
  };
}

interface CostSummary {
  readonly total: { readonly cost: number | null };
}

const SESSIONS = `{ projects { edges { node { name sessions(first: 10) { edges { node {
  sessionId numTraces firstInput { value } lastOutput { value }
  tokenUsage { prompt completion } costSummary { total { cost } }
  traces(first: 10) { edges { node {
    costSummary { total { cost } } rootSpan { cumulativeTokenCountTotal } } } }
} } } } } } }`;

describe.skipIf(COMMAND === undefined)('Arize Phoenix', () => {
  let phoenix: ServerProcess;
  let endpoint = '';

  beforeAll(async () => {
    const port = await freePort();
    const grpcPort = await freePort();
    endpoint = `http://127.0.0.1:${port}`;
    phoenix = await startServer({
      command: COMMAND ?? '',
      args: () => ['serve'],
      env: (directory) => ({
        PHOENIX_WORKING_DIR: directory,
        PHOENIX_HOST: '127.0.0.1',
        PHOENIX_PORT: String(port),
        PHOENIX_GRPC_PORT: String(grpcPort),
        PHOENIX_TELEMETRY_ENABLED: 'false',
      }),
      probeUrl: `${endpoint}/healthz`,
    });
  });
  afterAll(() => phoenix.stop());

  async function spansOf(project: string): Promise<readonly PhoenixSpan[]> {
    const response = await fetch(`${endpoint}/v1/projects/${project}/spans?limit=1000`);
    if (!response.ok) return [];
    const { data } = (await response.json()) as { data: PhoenixSpan[] };
    return data;
  }

  async function sessionsOf(project: string): Promise<readonly PhoenixSession[]> {
    const response = await fetch(`${endpoint}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: SESSIONS }),
    });
    const { data } = (await response.json()) as {
      data: {
        projects: {
          edges: { node: { name: string; sessions: { edges: { node: PhoenixSession }[] } } }[];
        };
      };
    };
    const found = data.projects.edges.find(({ node }) => node.name === project);
    return found?.node.sessions.edges.map(({ node }) => node) ?? [];
  }

  it('shows a session with tools, a handoff and an error as one, with its kinds, words and tokens', async () => {
    await traceSession({
      endpoint,
      serviceName: 'evening',
      env: { OTEL_RESOURCE_ATTRIBUTES: 'openinference.project.name=evening' },
    });
    const spans = await eventually(
      () => spansOf('evening'),
      (all) => all.some(({ name }) => name === 'agent_session'),
    );

    const kinds = new Set(spans.map(({ span_kind }) => span_kind));
    expect([...kinds].toSorted()).toEqual(['AGENT', 'CHAIN', 'LLM', 'TOOL']);

    const sessions = await sessionsOf('evening');
    expect(sessions).toEqual([
      {
        sessionId: expect.any(String),
        numTraces: 1,
        firstInput: { value: USER_TURNS[0] },
        lastOutput: { value: SCRIPT.at(-1)?.text },
        // Not counted twice: what the model reported.
        tokenUsage: { prompt: PROMPT, completion: COMPLETION },
        costSummary: expect.anything(),
        traces: {
          edges: [
            {
              node: {
                costSummary: expect.anything(),
                rootSpan: { cumulativeTokenCountTotal: PROMPT + COMPLETION },
              },
            },
          ],
        },
      },
    ]);

    const failed = spans.filter(({ status_code }) => status_code === 'ERROR');
    expect(failed.map(({ attributes }) => attributes['tool.name'])).toEqual(['bookTable']);
    expect(failed[0]?.status_message).toBe('no table for 2 is free at 20:00');

    const tools = spans.filter(({ span_kind }) => span_kind === 'TOOL');
    expect(tools.map(({ attributes }) => String(attributes['tool.name'])).toSorted()).toEqual([
      'bookTable',
      'getWeather',
      'transferToBilling',
    ]);
    const call = spans.find(
      ({ attributes }) => attributes['llm.token_count.prompt'] === SCRIPT[1]?.usage.prompt,
    );
    expect(call?.attributes).toMatchObject({
      'llm.input_messages.0.message.role': 'system',
      'llm.input_messages.3.message.role': 'user',
      'llm.input_messages.3.message.content': USER_TURNS[1],
      'llm.output_messages.0.message.content': SCRIPT[1]?.text,
      'llm.output_messages.0.message.tool_calls.0.tool_call.function.name': 'getWeather',
      'llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments':
        '{"city":"Lisbon"}',
      'llm.output_messages.0.message.tool_calls.1.tool_call.function.name': 'bookTable',
    });
  });

  it('prices a session by its model, once', async () => {
    const usage = { prompt: 100_000, completion: 10_000 };
    const server = await startOpenAIServer(
      USER_TURNS.map((_turn, index) => ({ text: `Answer ${index}.`, usage })),
    );
    await traceSession({
      endpoint,
      serviceName: 'priced',
      env: {
        OTEL_RESOURCE_ATTRIBUTES: 'openinference.project.name=priced',
        OPENAI_API_KEY: 'no-key',
        OPENAI_BASE_URL: server.baseUrl,
      },
    });
    await server.close();
    const calls = USER_TURNS.length;
    const sessions = await eventually(
      () => sessionsOf('priced'),
      (all) => (all[0]?.costSummary.total.cost ?? 0) > 0,
    );
    expect(sessions).toHaveLength(1);
    expect(sessions[0]?.tokenUsage).toEqual({
      prompt: usage.prompt * calls,
      completion: usage.completion * calls,
    });
    // gpt-4.1-mini: 0.40 and 1.60 dollars for a million tokens.
    const dollars = (usage.prompt * 0.4 + usage.completion * 1.6) / 1e6;
    expect(sessions[0]?.costSummary.total.cost).toBeCloseTo(dollars * calls, 6);
    const traces = sessions[0]?.traces.edges.map(({ node }) => node.costSummary.total.cost ?? 0);
    expect(traces).toEqual([expect.closeTo(dollars * calls, 6)]);
  });
});
