import { afterEach, describe, expect, it } from 'vitest';
import { setup, type SetupOptions } from '../../src/index.js';
import { resolveOptions } from '../../src/options/resolve-options.js';

const ENDPOINT = 'http://127.0.0.1:1';
const KEY = 'a key of more than sixteen characters';

describe('a name under privacy that is none', () => {
  it.each([
    ['hideInput', true],
    ['redactPattern', 'default'],
    ['patterns', 'default'],
    ['redactor', (value: string) => value],
    ['toolJsonPath', ['$.a']],
    ['hashKey', KEY],
    ['__proto', {}],
  ])('is refused: %s', async (name, value) => {
    const privacy = { [name]: value };
    await expect(setup({ endpoint: ENDPOINT, privacy })).rejects.toMatchObject({
      name: 'InvalidOptionError',
      option: `privacy.${name}`,
    });
  });

  it('is refused within its parts too', async () => {
    const pattern = { name: 'a', pattern: /a/, accept: () => false };
    for (const [privacy, option] of [
      [{ hash: { key: KEY, field: ['room.name'] } }, 'privacy.hash.field'],
      [{ redactPatterns: [pattern] }, 'privacy.redactPatterns[0].accept'],
    ] as const) {
      const options = { endpoint: ENDPOINT, privacy } as SetupOptions;
      await expect(setup(options)).rejects.toMatchObject({ option });
    }
  });

  it('is refused where privacy was left out', async () => {
    const options = { endpoint: ENDPOINT, hideInputs: true } as SetupOptions;
    await expect(setup(options)).rejects.toThrow('privacy.hideInputs');
  });
});

describe('a redaction that cannot even be printed', () => {
  const circular: Record<string, unknown> = { pattern: /a/ };
  circular['name'] = circular;

  it.each([
    [{ hash: { key: KEY, fields: 10n } }, 'privacy.hash.fields'],
    [{ redactPatterns: [circular] }, 'privacy.redactPatterns[0]'],
  ])('is refused by its name: %#', async (privacy, option) => {
    const options: object = { endpoint: ENDPOINT, privacy };
    await expect(setup(options)).rejects.toMatchObject({ option });
  });

  it('warns where tracing is disabled', () => {
    const said: string[] = [];
    const options: object = { privacy: { redactPatterns: [circular], redact: 'no' } };
    const env = { CATALYST_DISABLED: '1' };
    const resolved = resolveOptions(options, env, (_, text) => said.push(text)).privacy;
    expect(resolved.redaction).toEqual({});
    expect(resolved.resolvedRedaction).toMatchObject({ patterns: [], redact: undefined });
    expect(said).toEqual([expect.stringContaining('privacy.redact must be a function')]);
  });
});

describe('a key of the hash', () => {
  it.each(['', ' ', ' '.repeat(40), 'short', 'fifteen letters'])(
    'is refused: "%s"',
    async (key) => {
      const setUp = setup({ endpoint: ENDPOINT, privacy: { hash: { key } } });
      await expect(setUp).rejects.toMatchObject({ option: 'privacy.hash.key' });
      if (key.trim() !== '') await expect(setUp).rejects.not.toThrow(key);
    },
  );
});

describe('a misspelt variable', () => {
  const said: string[] = [];
  afterEach(() => said.splice(0));

  it.each([
    ['OPENINFERENCE_HIDE_INPUT', 'OPENINFERENCE_HIDE_INPUTS'],
    ['OPENINFERENCE_HIDE_IMPUTS', 'OPENINFERENCE_HIDE_INPUTS'],
    ['OPENINFERENCE_HIDE_OUTPUT', 'OPENINFERENCE_HIDE_OUTPUTS'],
    ['openinference_hide_outputs', 'OPENINFERENCE_HIDE_OUTPUTS'],
    ['OPENINFERENCE_HIDE_OUTPUT_MESSAGE', 'OPENINFERENCE_HIDE_OUTPUT_MESSAGES'],
    ['OPENINFERENCE_HIDE_INPUTS_TEXT', 'OPENINFERENCE_HIDE_INPUT_TEXT'],
    ['OPENINFERENCE_HIDE_TOOLS', 'OPENINFERENCE_HIDE_LLM_TOOLS'],
    ['OPENINFERENCE_HIDE_INVOCATION_PARAMETERS', 'OPENINFERENCE_HIDE_LLM_INVOCATION_PARAMETERS'],
    ['OPENINFERENCE_HIDE_PROMPT', 'OPENINFERENCE_HIDE_PROMPTS'],
    ['OPEN_INFERENCE_HIDE_CHOICES', 'OPENINFERENCE_HIDE_CHOICES'],
    ['OPENINFERENCE_BASE64_IMAGES_MAX_LENGTH', 'OPENINFERENCE_BASE64_IMAGE_MAX_LENGTH'],
  ])('%s is said to be %s', (wrong, right) => {
    const env = { [wrong]: 'secret value', OPENINFERENCE_HIDE_LLM_TOOLS: 'true' };
    resolveOptions({ endpoint: ENDPOINT }, env, (_code, text) => said.push(text));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(`${wrong} `);
    expect(said[0]).toContain(`${right}?`);
    expect(said[0]).not.toContain('secret value');
  });
});
