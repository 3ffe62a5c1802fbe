import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { describe, expect, it } from 'vitest';
import { createAISdkTelemetrySettings } from '../../src/ai-sdk.js';
import type { PrivacyOptions } from '../../src/index.js';
import { installFramework, installFrameworks } from './installations.js';
import { runTraced, type Scenario } from './scenarios.js';

type Call = (...args: readonly unknown[]) => Promise<unknown>;
type Callable = new (...args: readonly unknown[]) => { readonly [name: string]: Call };
type Sdk = Readonly<Record<string, Call>>;

const ASKED = 'canary-asked';
const BEFORE = 'canary-said-before';
const ANSWERED = 'Hello from the local server.';
/** A second turn: what the model said in the first one comes back. */
const HISTORY = [
  { role: 'user', content: `hello ${ASKED}` },
  { role: 'assistant', content: BEFORE },
  { role: 'user', content: `hello ${ASKED}` },
];

interface Agents {
  readonly Agent: Callable;
  readonly Runner: Callable;
  readonly OpenAIProvider: Callable;
  setTracingDisabled(isDisabled: boolean): void;
}

interface Framework {
  readonly modules: Readonly<Record<string, unknown>>;
  readonly scenario: Scenario;
}

const FRAMEWORKS: Readonly<Record<string, () => Promise<Framework>>> = {
  ai5: () => aiSdkOf('ai5', 'index.mjs'),
  ai7: () => aiSdkOf('ai7', 'index.js'),
  langchain1: async () => {
    const { load } = await installFrameworks('langchain1');
    const { ChatOpenAI } = (await load('@langchain/openai')) as { ChatOpenAI: Callable };
    const { RunnableLambda } = (await load('@langchain/core/runnables')) as {
      RunnableLambda: { from(code: unknown): { pipe(next: unknown): { invoke: Call } } };
    };
    const langchain = await load('@langchain/core/callbacks/manager');
    const scenario: Scenario = ({ url }) => {
      const configuration = { baseURL: url };
      const model = new ChatOpenAI({ model: 'm', apiKey: 'k', maxRetries: 0, configuration });
      return RunnableLambda.from((input: unknown) => input)
        .pipe(model)
        .invoke(HISTORY);
    };
    return { modules: { langchain }, scenario };
  },
  langsmith: async () => {
    const { load } = await installFrameworks('langchain1');
    const langsmith = await load('langsmith');
    const langchain = await load('@langchain/core/callbacks/manager');
    const { traceable } = (await load('langsmith/traceable')) as {
      readonly traceable: (code: unknown, options: unknown) => Call;
    };
    const run_type = 'llm';
    const model = traceable(async () => ({ role: 'assistant', content: ANSWERED }), { run_type });
    const scenario: Scenario = ({ origin }) => {
      process.env['LANGSMITH_TRACING'] = 'true';
      process.env['LANGSMITH_API_KEY'] = 'k';
      process.env['LANGSMITH_ENDPOINT'] = origin;
      return model({ messages: HISTORY });
    };
    return { modules: { langchain, langsmith }, scenario };
  },
  agents020: async () => {
    const load = await installFramework('agents020');
    const openaiAgents = (await load('@openai/agents/dist/index.mjs')) as Agents;
    const { OpenAI } = (await load('openai/index.mjs')) as { OpenAI: Callable };
    // The SDK traces nothing under a test runner by itself.
    openaiAgents.setTracingDisabled(false);
    const scenario: Scenario = async ({ url }) => {
      const openAIClient = new OpenAI({ apiKey: 'k', baseURL: url, maxRetries: 0 });
      const { Agent, OpenAIProvider, Runner } = openaiAgents;
      const modelProvider = new OpenAIProvider({ openAIClient, useResponses: false });
      const agent = new Agent({ name: 'A', model: 'm', instructions: ASKED });
      const said = { status: 'completed', content: [{ type: 'output_text', text: BEFORE }] };
      const [first, second, third] = HISTORY;
      const input = [first, { ...second, ...said }, third];
      const result = await new Runner({ modelProvider })['run']?.(agent, input);
      return Reflect.get(Object(result), 'finalOutput') as unknown;
    };
    return { modules: { openaiAgents }, scenario };
  },
};

async function aiSdkOf(version: 'ai5' | 'ai7', main: string): Promise<Framework> {
  const load = await installFramework(version);
  const aiSdk = (await load(`ai/dist/${main}`)) as Sdk;
  const { createOpenAICompatible } = (await load(`@ai-sdk/openai-compatible/dist/${main}`)) as {
    readonly createOpenAICompatible: (options: unknown) => (model: string) => unknown;
  };
  const experimental_telemetry = createAISdkTelemetrySettings({ functionId: 'f' });
  const telemetry = version === 'ai5' ? { experimental_telemetry } : { telemetry: {} };
  const scenario: Scenario = async ({ url }) => {
    const model = createOpenAICompatible({ name: 'acme', baseURL: url, apiKey: 'k' })('m');
    const options = { model, messages: HISTORY, maxRetries: 0, ...telemetry };
    return Reflect.get(Object(await aiSdk['generateText']?.(options)), 'text') as unknown;
  };
  return { modules: { aiSdk }, scenario };
}

function textOf(spans: readonly ReadableSpan[]): string {
  return JSON.stringify(
    spans.map(({ attributes, events, status }) => [attributes, events, status]),
  );
}

describe.each(Object.entries(FRAMEWORKS))('a second turn in %s', (_name, load) => {
  const sentUnder = async (privacy: PrivacyOptions): Promise<string> => {
    const { modules, scenario } = await load();
    const { calls } = await runTraced(scenario, { modules, privacy });
    expect(calls.length).toBeGreaterThan(0);
    return textOf(calls);
  };

  it('is sent with all that was said where nothing is hidden', async () => {
    const text = await sentUnder({});
    for (const word of [ASKED, BEFORE, ANSWERED]) expect(text).toContain(word);
  });

  it('is sent without what the model said where outputs are hidden', async () => {
    const text = await sentUnder({ hideOutputs: true });
    for (const word of [BEFORE, ANSWERED]) expect(text).not.toContain(word);
  });

  it.each<PrivacyOptions>([
    { allowPii: false },
    { captureMessageContent: false },
    { hideInputs: true, hideOutputs: true },
    { redact: () => '…' },
    { redactPatterns: [/canary-\S+|Hello from the local server/] },
  ])('is sent without a word under %o', async (privacy) => {
    const text = await sentUnder(privacy);
    for (const word of [ASKED, BEFORE, ANSWERED]) expect(text).not.toContain(word);
  });
});
