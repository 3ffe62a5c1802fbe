import { InMemorySpanExporter, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { beforeAll, describe, expect, it } from 'vitest';
import { setup, type PrivacyOptions, type SetupOptions } from '../../src/index.js';
import { loadSdk } from './installations.js';
import { startProvider } from './provider-server.js';
import { runTraced, type Scenario } from './scenarios.js';

type Create = { create(body: unknown): Promise<unknown> };
interface OpenAIModule {
  readonly OpenAI: new (options: unknown) => {
    readonly chat: { readonly completions: Create };
    readonly responses: Create;
    readonly embeddings: Create;
  };
}
interface AnthropicModule {
  readonly Anthropic: new (options: unknown) => { readonly messages: Create };
}

const ASKED = 'canary-asked';
const ANSWERED = 'Hello from the local server.';
const LEAKED = 'sk-secret';
const PNG = 'iVBORw0KGgo-canary-asked';

let openai: OpenAIModule;
let anthropic: AnthropicModule;
beforeAll(async () => {
  openai = (await loadSdk('openai6', 'ESM')) as OpenAIModule;
  anthropic = (await loadSdk('anthropic1', 'ESM')) as AnthropicModule;
});

/** The canary wherever an application may say something. */
const sayEverything: Scenario = async (server) => {
  const url = { apiKey: 'k', baseURL: server.url, maxRetries: 0 };
  const client = new openai.OpenAI(url);
  const messages = [
    { role: 'system', content: ASKED },
    {
      role: 'user',
      content: [
        { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } },
        { type: 'text', text: `hello ${ASKED}` },
      ],
    },
  ];
  const tool = { name: 'look', description: ASKED, parameters: { type: 'object' } };
  const tools = [{ type: 'function', function: tool }];
  const parameters = { user: ASKED, metadata: { note: ASKED } };
  await client.chat.completions.create({ model: 'm', messages, tools, ...parameters });
  await client.responses.create({ model: 'm', instructions: ASKED, input: ASKED, ...parameters });
  await client.embeddings.create({ model: 'm', input: [ASKED, ASKED] });
  const refused = [{ role: 'user', content: `err401 ${ASKED}` }];
  await client.chat.completions.create({ model: 'm', messages: refused }).catch(() => {});
  const claude = new anthropic.Anthropic({ ...url, baseURL: server.origin });
  await claude.messages.create({
    model: 'm',
    max_tokens: 9,
    system: ASKED,
    metadata: { user_id: ASKED },
    tools: [{ name: 'look', description: ASKED, input_schema: { type: 'object' } }],
    messages: [{ role: 'user', content: `hello ${ASKED}` }],
  });
};

const BEFORE = 'canary-said-before';

/** A second turn: the answer to the first one, and a tool's result, come back with the request. */
const sayAgain: Scenario = async (server) => {
  const url = { apiKey: 'k', baseURL: server.url, maxRetries: 0 };
  const client = new openai.OpenAI(url);
  const asked = { role: 'user', content: ASKED };
  const call = { id: 'c', type: 'function', function: { name: 'f', arguments: BEFORE } };
  const messages = [
    asked,
    { role: 'assistant', content: BEFORE, tool_calls: [call] },
    { role: 'tool', tool_call_id: 'c', content: BEFORE },
    asked,
  ];
  await client.chat.completions.create({ model: 'm', messages });
  const input = [
    asked,
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: BEFORE }] },
    { type: 'function_call', call_id: 'c', name: 'f', arguments: BEFORE },
    { type: 'function_call_output', call_id: 'c', output: BEFORE },
    asked,
  ];
  await client.responses.create({ model: 'm', input });
  const claude = new anthropic.Anthropic({ ...url, baseURL: server.origin });
  const result = { type: 'tool_result', tool_use_id: 'c', content: BEFORE };
  const history = [
    asked,
    {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 'c', name: 'f', input: { a: BEFORE } }],
    },
    { role: 'user', content: [result, { type: 'text', text: ASKED }] },
  ];
  await claude.messages.create({ model: 'm', max_tokens: 9, messages: history });
};

/** Everything of a span that is sent. */
function textOf(spans: readonly ReadableSpan[]): string {
  return JSON.stringify(
    spans.map(({ attributes, events, links, name, status }) => ({
      attributes,
      events,
      links,
      name,
      status,
    })),
  );
}

async function sentUnder(options: SetupOptions): Promise<readonly ReadableSpan[]> {
  const { calls } = await runTraced(sayEverything, { modules: { openai, anthropic }, ...options });
  expect(calls).toHaveLength(6);
  return calls;
}

function keysWith(spans: readonly ReadableSpan[], word: string): readonly string[] {
  return spans.flatMap(({ attributes }) =>
    Object.keys(attributes).filter((key) => String(attributes[key]).includes(word)),
  );
}

describe('what was said to a model', () => {
  it('is on the spans where nothing is hidden', async () => {
    const text = textOf(await sentUnder({}));
    for (const word of [ASKED, ANSWERED, LEAKED]) expect(text).toContain(word);
  });

  it.each<PrivacyOptions>([{ allowPii: false }, { captureMessageContent: false }])(
    'stays at home under %o',
    async (privacy) => {
      const text = textOf(await sentUnder({ privacy }));
      for (const word of [ASKED, ANSWERED, LEAKED]) expect(text).not.toContain(word);
      expect(text).toContain('llm.token_count.prompt');
    },
  );

  it.each<readonly [keyof PrivacyOptions, RegExp]>([
    ['hideInputs', /^(?:input\.|llm\.input_messages|llm\.tools)/u],
    ['hideLlmTools', /^llm\.tools/u],
    ['hideLlmInvocationParameters', /invocation_parameters/u],
    ['hideEmbeddingsText', /embedding\.text$/u],
    ['hideInputImages', /image\.url$/u],
  ])('follows %s', async (flag, keys) => {
    const visible = keysWith(await sentUnder({}), ASKED);
    expect(visible.some((key) => keys.test(key))).toBe(true);
    const spans = await sentUnder({ privacy: { [flag]: true } });
    expect(keysWith(spans, ASKED).filter((key) => keys.test(key))).toEqual([]);
  });

  it.each<PrivacyOptions>([{ hideOutputs: true }, { hideOutputMessages: true }])(
    'does not come back in the next request under %o',
    async (privacy) => {
      const before = textOf((await runTraced(sayAgain, { modules: { openai, anthropic } })).calls);
      expect(before).toContain(BEFORE);
      const { calls } = await runTraced(sayAgain, { modules: { openai, anthropic }, privacy });
      // Anthropic sends a span too.
      expect(calls).toHaveLength(4);
      expect(textOf(calls)).not.toContain(BEFORE);
      expect(textOf(calls)).toContain(ASKED);
    },
  );

  it('passes the redactor of the application', async () => {
    const redact = (value: string): string => value.replaceAll(ASKED, '***');
    const text = textOf(await sentUnder({ privacy: { redact } }));
    expect(text).not.toContain(ASKED);
    expect(text).toContain('***');
  });

  it('waits on the live span under keys that LiveKit deletes', async () => {
    const server = await startProvider();
    const seen: ReadableSpan[] = [];
    const tracing = await setup({
      autoInstrument: false,
      modules: { openai, anthropic },
      exporters: [new InMemorySpanExporter()],
    });
    const { provider } = tracing;
    if (!('addSpanProcessor' in provider) || typeof provider.addSpanProcessor !== 'function') {
      throw new Error('the provider takes no processors');
    }
    provider.addSpanProcessor({
      onStart: () => {},
      onEnd: (span: ReadableSpan) => seen.push(span),
      forceFlush: async () => {},
      shutdown: async () => {},
    });
    await sayEverything(server);
    await tracing.shutdown();
    await server.close();
    for (const word of [ASKED, ANSWERED]) {
      const keys = keysWith(seen, word);
      expect(keys.length).toBeGreaterThan(0);
      expect(keys.filter((key) => !key.startsWith('catalyst.pii.'))).toEqual([]);
    }
  });
});
