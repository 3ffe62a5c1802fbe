import { afterEach, describe, expect, it, vi } from 'vitest';
import { setup, type CatalystTracing, type InstrumentedModules } from '../../src/index.js';

let tracing: CatalystTracing | undefined;
afterEach(async () => {
  await tracing?.shutdown();
  vi.restoreAllMocks();
});

async function given(modules: InstrumentedModules): Promise<string> {
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
  tracing = await setup({ endpoint: 'http://127.0.0.1:9', autoInstrument: false, modules });
  return warn.mock.calls.flat().join('\n');
}

describe('a module that is given', () => {
  it.each(['openai', 'anthropic', 'langchain', 'langgraph', 'langsmith'] as const)(
    'and is no %s is named with what to do',
    async (name) => {
      const warnings = await given({ [name]: { something: 'else' } });
      expect(tracing?.installResults).toEqual([
        {
          name,
          status: 'failed',
          installed: false,
          reason: expect.stringMatching(/pass (?:its namespace|`@langchain)/u),
        },
      ]);
      expect(warnings).toContain(`modules.${name} is not`);
    },
  );

  it.each([undefined, null, 'openai', 7, () => undefined])(
    'and is %s is looked into without harm',
    async (odd) => {
      await given({ openai: odd, anthropic: odd });
      for (const row of tracing?.installResults ?? []) expect(row.installed).toBe(false);
    },
  );

  it('and throws at every touch takes nobody down', async () => {
    const hostile = new Proxy(
      {},
      {
        get() {
          throw new Error('hands off');
        },
      },
    );
    const warnings = await given({ openai: hostile });
    expect(tracing?.installResults).toMatchObject([{ name: 'openai', status: 'failed' }]);
    expect(warnings).toContain('openai was not instrumented');
  });
});
