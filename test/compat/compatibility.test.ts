import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { DecodedSpan } from '../support/otlp-decode.js';
import { COMPATIBILITY_CASES, hasOneTrace, type CompatibilityCase } from './compatibility-cases.js';
import { nodeExecutable } from './installations.js';
import { conversationOf, EXPECTED_CALLS } from './model-calls.js';
import { renderTable, tableOf, type CompatibilityResult } from './render-table.js';
import { runCase } from './run-application.js';

/** The spans that stand for themselves; every other span of LiveKit is a CHAIN. */
const KINDS: Readonly<Record<string, string>> = {
  agent_session: 'AGENT',
  llm_node: 'LLM',
  llm_request: 'LLM',
  llm_request_run: 'LLM',
  function_tool: 'TOOL',
};

const results = new Map<CompatibilityCase, CompatibilityResult>();
describe('a session with a tool and a handoff', () => {
  it.concurrent.for(COMPATIBILITY_CASES.map((given) => [titleOf(given), given] as const))(
    '%s',
    async ([, given]) => {
      const { outcome, spans, stderr } = await runCase(given);

      expect(outcome.errors).toEqual([]);
      expect(outcome.played).toBe(outcome.scripted);
      // A CommonJS LiveKit loads `openai`, which has a row then.
      const [livekit] = outcome.installResults;
      expect(livekit).toMatchObject({ name: 'livekitAgents', installed: true });
      expect(outcome.delivered).toMatchObject({ dropped: 0 });
      expect(stderr).not.toContain('catalyst-tracing');

      expectOneSession(spans);
      expectKinds(spans);
      expectTokensOnce(spans);
      expectAgents(spans);
      expectTools(spans);
      expectSpansOfTheApplication(spans);
      expect(conversationOf(spans)).toEqual(EXPECTED_CALLS);

      const traces = new Set(spans.map(({ traceId }) => traceId)).size;
      if (hasOneTrace(given)) expect(traces).toBe(1);
      else expect(traces).toBeGreaterThanOrEqual(3);
      results.set(given, { given, node: await majorVersion(given), traces });
    },
  );
});

describe('the table of the README', () => {
  it('says what was run', async () => {
    const table = renderTable(COMPATIBILITY_CASES.flatMap((given) => results.get(given) ?? []));
    console.log(table);
    await mkdir('reports', { recursive: true });
    await writeFile('reports/compatibility.md', `${table}\n`);
    expect(tableOf(await readFile('README.md', 'utf8'))).toBe(table);
  });
});

function expectOneSession(spans: readonly DecodedSpan[]): void {
  const ids = new Set(spans.map(({ attributes }) => attributes['session.id']));
  expect([...ids]).toEqual([expect.stringMatching(/\S/)]);
  expect(named(spans, 'agent_session')).toHaveLength(1);
}

function expectKinds(spans: readonly DecodedSpan[]): void {
  expect(
    spans.map(({ name, attributes }) => [name, attributes['openinference.span.kind']]),
  ).toEqual(spans.map(({ name }) => [name, KINDS[name] ?? 'CHAIN']));
}

/** The model bills 101 + 122 + 143 + 164 and 11 + 12 + 13 + 14, whoever sums it up. */
function expectTokensOnce(spans: readonly DecodedSpan[]): void {
  const sum = (key: string): number =>
    spans.reduce((total, { attributes }) => total + Number(attributes[key] ?? 0), 0);
  expect(sum('llm.token_count.prompt')).toBe(530);
  expect(sum('llm.token_count.completion')).toBe(50);
  expect(sum('llm.token_count.total')).toBe(580);
  expect(spans.filter(({ attributes }) => 'llm.token_count.prompt' in attributes)).toHaveLength(4);
}

function expectAgents(spans: readonly DecodedSpan[]): void {
  const agentsOf = (name: string): unknown[] =>
    named(spans, name).map(({ attributes }) => attributes['agent.name']);
  const threeAndOne = ['triage_agent', 'triage_agent', 'triage_agent', 'billing_agent'];
  for (const name of ['agent_turn', 'llm_node', 'llm_request', 'llm_request_run']) {
    expect([name, ...agentsOf(name)]).toEqual([name, ...threeAndOne]);
  }
  expect(agentsOf('start_agent_activity')).toEqual(['triage_agent', 'billing_agent']);
  expect(agentsOf('function_tool')).toEqual(['triage_agent', 'triage_agent']);
}

function expectTools(spans: readonly DecodedSpan[]): void {
  const [weather, handover] = named(spans, 'function_tool');
  expect(weather?.attributes).toMatchObject({
    'tool.name': 'getWeather',
    'tool.parameters': '{"city":"Paris"}',
    'input.value': '{"city":"Paris"}',
    'input.mime_type': 'application/json',
    'output.value': '{"city":"Paris","celsius":18}',
    'output.mime_type': 'application/json',
  });
  expect(weather?.status.code).toBe(0);
  expect(handover?.attributes).toMatchObject({ 'tool.name': 'toBilling', 'tool.parameters': '{}' });
}

/** Both are in the tool that opened them, one inside the other. */
function expectSpansOfTheApplication(spans: readonly DecodedSpan[]): void {
  const [outer] = named(spans, 'look up the weather');
  const [inner] = named(spans, 'ask the service');
  const [weather] = named(spans, 'function_tool');
  expect([outer?.parentSpanId, outer?.traceId]).toEqual([weather?.spanId, weather?.traceId]);
  expect([inner?.parentSpanId, inner?.traceId]).toEqual([outer?.spanId, weather?.traceId]);
}

/** In the order in which they started. */
function named(spans: readonly DecodedSpan[], name: string): readonly DecodedSpan[] {
  return spans
    .filter((span) => span.name === name)
    .toSorted((a, b) => Number(a.startNanos - b.startNanos));
}

async function majorVersion({ node }: CompatibilityCase): Promise<string> {
  const { stdout } = await promisify(execFile)(await nodeExecutable(node), ['--version']);
  return stdout.replace(/^v(\d+).*/s, '$1');
}

function titleOf({
  livekit,
  packageManager,
  apiCopies,
  application,
  node,
}: CompatibilityCase): string {
  const api = apiCopies === 'two' ? ', two API versions' : '';
  const on = node === 'current' ? '' : `, Node ${node}`;
  return `LiveKit ${livekit}, ${application}, ${packageManager}${api}${on}`;
}
