import { context, trace } from '@opentelemetry/api';
import { beforeAll, describe, expect, it } from 'vitest';
import { manualSpan } from '../../src/index.js';
import type { CallAnswer } from '../../src/integrations/call-attributes.js';
import { markOwner, withoutOwner, withOwner } from '../../src/integrations/llm-owner.js';
import { loadSdk } from './installations.js';
import { readAll, runTraced, shapeOf, tokenSum, traceIds, type TracedRun } from './scenarios.js';

interface Client {
  readonly chat: {
    readonly completions: {
      create(body: unknown): Promise<AsyncIterable<unknown>>;
    };
  };
}
interface OpenAIModule {
  readonly OpenAI: new (options: unknown) => Client;
}

const CALL = { model: 'gpt-4.1-mini', messages: [{ role: 'user', content: 'hello' }] };
const STREAM = { ...CALL, stream: true, stream_options: { include_usage: true } };
const CHAT = 'OpenAI Chat Completions LLM';

let openai: OpenAIModule;
beforeAll(async () => {
  openai = (await loadSdk('openai6', 'ESM')) as OpenAIModule;
});

function run(
  scenario: (create: Client['chat']['completions']) => Promise<unknown>,
): Promise<TracedRun> {
  return runTraced(
    async (server) => {
      const client = new openai.OpenAI({ apiKey: 'k', baseURL: server.url, maxRetries: 0 });
      await scenario(client.chat.completions);
    },
    { modules: { openai } },
  );
}

describe('a provider call below an owner', () => {
  it('starts no span and hands its answer up', async () => {
    const answers: CallAnswer[] = [];
    const { calls, bill } = await run((completions) =>
      context.with(
        withOwner(context.active(), { receive: (answer) => answers.push(answer) }),
        async () => {
          await completions.create(CALL);
          await readAll(await completions.create(STREAM));
          await completions
            .create({ ...CALL, messages: [{ role: 'user', content: 'err401' }] })
            .catch(() => {});
        },
      ),
    );
    expect(calls).toEqual([]);
    expect(answers).toMatchObject([
      { usage: { prompt: 100, completion: 20, cacheRead: 64 }, finishReason: 'stop' },
      { usage: { prompt: 101, completion: 20 }, id: 'chatcmpl-1', isComplete: true },
    ]);
    expect(bill.prompt).toBe(201);
  });

  it('starts no span where the owner knows its usage, or is the active span', async () => {
    const { calls } = await run(async (completions) => {
      await context.with(withOwner(context.active(), {}), () => completions.create(CALL));
      const span = trace.getTracer('framework').startSpan('framework');
      markOwner(span);
      await context.with(trace.setSpan(context.active(), span), () => completions.create(CALL));
    });
    expect(shapeOf(calls)).toEqual([]);
  });

  it('is counted in a tool that the owner runs', async () => {
    const { calls, spans, bill } = await run((completions) =>
      context.with(withOwner(context.active(), {}), () =>
        context.with(withoutOwner(context.active()), () => completions.create(CALL)),
      ),
    );
    expect(shapeOf(calls)).toEqual([CHAT]);
    expect(tokenSum(spans)).toEqual(bill);
  });
});

describe('a model call of the application', () => {
  it('around an instrumented one is counted once', async () => {
    const { spans, calls, bill } = await run((completions) =>
      manualSpan({ spanName: 'ask', spanKind: 'LLM' }, async (span) => {
        const answer = await completions.create(CALL);
        span.recordUsage(answer);
      }),
    );
    expect(shapeOf(calls)).toEqual([CHAT, 'ask CHAIN']);
    expect(tokenSum(spans)).toEqual(bill);
    expect(traceIds(spans).size).toBe(1);
  });

  it('is the parent of what the SDK does, and never of what comes after', async () => {
    const { calls } = await run(async (completions) => {
      await completions.create(CALL);
      trace.getTracer('app').startSpan('after').end();
    });
    const [call, after] = calls;
    expect(after?.name).toBe('after');
    expect(after?.parentSpanContext?.spanId).not.toBe(call?.spanContext().spanId);
  });
});
