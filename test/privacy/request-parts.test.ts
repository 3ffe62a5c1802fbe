import { describe, expect, it } from 'vitest';
import { privacyWith, recordWith, sendOne, type Put } from './guarded.js';

describe('inline media', () => {
  const image = `data:image/png;base64,${'A'.repeat(32_000)}`;
  const imageKey = 'llm.input_messages.0.message.contents.0.message_content.image.image.url';

  it('longer than the limit are replaced, on both sides and inside JSON', () => {
    const { privacy } = privacyWith({});
    expect(sendOne(privacy, [imageKey, image, 'inputImage'])).toBe('__REDACTED__');
    expect(sendOne(privacy, [imageKey, image, 'outputImage'])).toBe('__REDACTED__');
    const body = JSON.stringify([{ image_url: { url: image } }, 'Caption']);
    expect(sendOne(privacy, ['input.value', body, 'inputValue'])).toBe(
      '[{"image_url":{"url":"__REDACTED__"}},"Caption"]',
    );
    expect(privacy.counts.redacted).toBe(3);
  });

  it('within the limit, addresses and long texts are sent', () => {
    const { privacy } = privacyWith({});
    const small = image.slice(0, 32_000);
    expect(sendOne(privacy, [imageKey, small, 'inputImage'])).toBe(small);
    const address = `https://example.com/${'a'.repeat(40_000)}`;
    expect(sendOne(privacy, [imageKey, address, 'inputImage'])).toBe(address);
    const text = 'data: '.repeat(10_000);
    expect(sendOne(privacy, ['input.value', text, 'inputValue'])).toBe(text);
  });

  it('have limits of their own, in code', () => {
    const { privacy } = privacyWith({ base64ImageMaxLength: 10, base64AudioMaxLength: 100 });
    const both = 'data:image/png;base64,AAAA data:audio/wav;base64,AAAA';
    expect(sendOne(privacy, ['input.value', both, 'inputValue'])).toBe(
      '__REDACTED__ data:audio/wav;base64,AAAA',
    );
  });

  it('leave the other values too when images are hidden', () => {
    const { privacy } = privacyWith({ hideInputImages: true });
    const tiny = 'see data:image/gif;base64,R0lG!';
    expect(sendOne(privacy, ['input.value', tiny, 'inputValue'])).toBe('see __REDACTED__!');
    expect(sendOne(privacy, ['input.images', [tiny], 'inputImage'])).toBeUndefined();
  });

  it('are looked for in lists and beside the attributes of a span as well', () => {
    const { privacy } = privacyWith({});
    expect(sendOne(privacy, ['input.images', ['small', image], 'inputImage'])).toEqual([
      'small',
      '__REDACTED__',
    ]);
    const attributes = { content: image, images: [image] };
    const record = recordWith({
      status: { code: 2, message: `cannot read ${image}` },
      events: [{ name: 'gen_ai.user.message', time: [1, 2], attributes }],
      links: [{ context: recordWith().spanContext, attributes }],
    });
    const guarded = privacy.guardRecord(record, 'LLM');
    expect(guarded.status.message).toBe('cannot read __REDACTED__');
    const limited = { content: '__REDACTED__', images: ['__REDACTED__'] };
    expect(guarded.events[0]?.attributes).toEqual(limited);
    expect(guarded.links[0]?.attributes).toEqual(limited);
  });
});

describe('media without a URL', () => {
  const png = `iVBORw0KGgo${'A'.repeat(60)}`;
  const wave = `UklGR${'B'.repeat(80)}`;
  const samples = 'AbC9'.repeat(100);
  const hash = 'c0ffee'.repeat(12);
  const body = JSON.stringify([
    { type: 'image', source: { type: 'base64', media_type: 'image/png', data: png } },
    { type: 'input_audio', input_audio: { data: wave, format: 'wav' } },
    { type: 'blob', mime_type: 'audio/pcm', content: samples },
    { type: 'text', content: hash },
  ]);
  const nested = JSON.stringify({ body: JSON.stringify({ body }) });

  it.each([
    [{ hideInputImages: true }, [wave, hash], [png, samples]],
    [{ hideInputAudio: true }, [png, hash], [wave, samples]],
    [{ base64ImageMaxLength: 70, base64AudioMaxLength: 86 }, [wave, hash], [png, samples]],
    [{}, [png, wave, samples, hash], []],
  ])('is told by its first bytes under %o', (flags, sent, hidden) => {
    for (const value of [body, nested]) {
      const passed = String(
        sendOne(privacyWith(flags).privacy, ['input.value', value, 'inputValue']),
      );
      JSON.parse(passed);
      for (const bytes of sent) expect(passed).toContain(bytes);
      for (const bytes of hidden) expect(passed).not.toContain(bytes);
    }
  });
});

describe('parameters of a model call', () => {
  const parameters =
    '{"temperature":0.2,"instructions":"be rude","metadata":{"who":"alice"},"n":1}';

  it('lose what is input when inputs are hidden, and keep the rest', () => {
    const { privacy } = privacyWith({ hideInputs: true });
    const put: Put = ['llm.invocation_parameters', parameters, 'invocationParameters'];
    expect(sendOne(privacy, put)).toBe(
      '{"temperature":0.2,"instructions":"__REDACTED__","metadata":"__REDACTED__","n":1}',
    );
    expect(sendOne(privacyWith({}).privacy, put)).toBe(parameters);
  });

  it('lose the tools on offer when these are hidden, as does the request itself', () => {
    const { privacy } = privacyWith({ hideLlmTools: true });
    const tools = [{ type: 'function', function: { description: 'looks up' } }];
    const asked = [{ role: 'user', content: 'hello' }];
    for (const [key, content] of [
      ['llm.invocation_parameters', 'invocationParameters'],
      ['input.value', 'inputValue'],
    ] as const) {
      const request = JSON.stringify({ messages: asked, tools, functions: tools });
      expect(sendOne(privacy, [key, request, content])).toBe(
        JSON.stringify({ messages: asked, tools: '__REDACTED__', functions: '__REDACTED__' }),
      );
    }
    const flat: Put = ['llm.invocation_parameters.tools', 'looks up', 'invocationParameters'];
    expect(sendOne(privacy, flat)).toBe('__REDACTED__');
    expect(sendOne(privacy, ['input.value', 'which tools?', 'inputValue'])).toBe('which tools?');
  });
});
