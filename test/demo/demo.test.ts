import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SCRIPT, USER_TURNS } from '../../examples/demo/conversation.js';
import { startProcess, untracedEnvironment, type Ended } from '../support/child-process.js';
import { startOpenAIServer } from '../support/openai-server.js';
import { startReceiver } from '../support/otlp-receiver.js';

const ROOT = join(import.meta.dirname, '..', '..');
const PROMPT = SCRIPT.reduce((sum, reply) => sum + reply.usage.prompt, 0);
const COMPLETION = SCRIPT.reduce((sum, reply) => sum + reply.usage.completion, 0);

/** The demo as a user starts it, in a process of its own, with these variables and no others of ours. */
function runDemo(variables: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return startProcess(process.execPath, ['--import', 'tsx', 'examples/demo/run.ts'], {
    directory: ROOT,
    env: { ...untracedEnvironment(), ...variables },
    timeoutMillis: 40_000,
  }).ended;
}

describe('the demo', () => {
  it('prints the session that it ran, as it was received', async () => {
    const { code, stdout, stderr } = await runDemo();

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const said of [...USER_TURNS, ...SCRIPT.flatMap(({ text }) => text ?? [])]) {
      expect(stdout).toContain(said.trim());
    }
    for (const kind of ['AGENT  agent_session', 'LLM    llm_request', 'TOOL   function_tool']) {
      expect(stdout).toContain(kind);
    }
    expect(stdout).toMatch(/getWeather .*‹ \{"city":"Lisbon"\} .*"celsius":21/u);
    expect(stdout).toMatch(/bookTable .*‹ \{"people":2,"hour":20\} .*✗ no table for 2 is free/u);
    expect(stdout).toMatch(/agent_turn .*@billing_agent .*Why was I charged twice/u);
    expect(stdout).toContain(
      `${PROMPT} prompt + ${COMPLETION} completion = ${PROMPT + COMPLETION}`,
    );
    expect(stdout).toContain('traces: 1  ·  sessions: 1');
    expect(stdout).toContain('errors: 1');
    expect(stdout, 'no colours where there is no terminal').not.toContain('\u001B[');
  });

  it('sends the trace where it is told to, and says so without the credentials', async () => {
    const receiver = await startReceiver();
    const endpoint = receiver.endpoint.replace('//', '//user:secret@');
    const { code, stdout } = await runDemo({
      CATALYST_OTLP_ENDPOINT: `${endpoint}/?key=secret`,
      OTEL_SERVICE_NAME: 'evening',
    });
    await receiver.close();

    expect(code).toBe(0);
    expect(receiver.spans().map(({ name }) => name)).toContain('agent_session');
    expect(stdout).toMatch(/The trace was sent to http.*: look there for service "evening"\./);
    expect(stdout).toContain(`The trace was sent to ${receiver.endpoint}/`);
    const services = receiver.spans().map((span) => span.resourceAttributes['service.name']);
    expect(new Set(services)).toEqual(new Set(['evening']));
    expect(stdout).not.toContain('secret');
    expect(stdout).not.toContain('Received over OTLP');
  });

  it('fails where nobody takes the trace, and says so', async () => {
    const receiver = await startReceiver();
    await receiver.close();
    const { code, stdout, stderr } = await runDemo({ CATALYST_OTLP_ENDPOINT: receiver.endpoint });

    expect(code).toBe(1);
    expect(stderr).toMatch(
      /accepted 0 of \d+ spans\. To find out why: npx catalyst-tracing doctor/,
    );
    expect(stdout).not.toContain('The trace was sent');
  }, 50_000);

  it("lets OpenAI's plugin speak when there is a key", async () => {
    const server = await startOpenAIServer(
      USER_TURNS.map((_turn, index) => ({
        text: `Answer ${index}.`,
        usage: { prompt: 100 + index, completion: 10 },
      })),
    );
    const { code, stdout } = await runDemo({
      OPENAI_API_KEY: 'no-key',
      OPENAI_BASE_URL: server.baseUrl,
    });
    await server.close();

    expect(code).toBe(0);
    expect(server.requests).toHaveLength(USER_TURNS.length);
    expect(stdout).toContain('A LiveKit session with OpenAI');
    expect(stdout).toContain('406 prompt + 40 completion = 446');
  });
});
