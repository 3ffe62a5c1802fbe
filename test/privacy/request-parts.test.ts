import { describe, expect, it } from 'vitest';
import { redact } from '../../src/privacy/redact.js';
import { privacyWith, SPAN_CONTEXT, spanWith, sendOne, type Entry } from './redacted.js';

describe('inline media', () => {
  const image = `data:image/png;base64,${'A'.repeat(32_000)}`;
  const imageKey = 'llm.input_messages.0.message.contents.0.message_content.image.image.url';

  it('longer than the limit are replaced, on both sides and inside JSON', () => {
    const { privacy } = privacyWith({});
    const answerKey = imageKey.replace('input', 'output');
    expect(sendOne(privacy, [imageKey, image])).toBe('__REDACTED__');
    expect(sendOne(privacy, [answerKey, image])).toBe('__REDACTED__');
    const body = JSON.stringify([{ image_url: { url: image } }, 'Caption']);
    expect(sendOne(privacy, ['input.value', body])).toBe(
      '[{"image_url":{"url":"__REDACTED__"}},"Caption"]',
    );
    expect(privacy.counts.redacted).toBe(3);
  });

  it('within the limit, addresses and long texts are sent', () => {
    const { privacy } = privacyWith({});
    const small = image.slice(0, 32_000);
    expect(sendOne(privacy, [imageKey, small])).toBe(small);
    const address = `https://example.com/${'a'.repeat(40_000)}`;
    expect(sendOne(privacy, [imageKey, address])).toBe(address);
    const text = 'data: '.repeat(10_000);
    expect(sendOne(privacy, ['input.value', text])).toBe(text);
  });

  it('have limits of their own, in code', () => {
    const { privacy } = privacyWith({ base64ImageMaxLength: 10, base64AudioMaxLength: 100 });
    const both = 'data:image/png;base64,AAAA data:audio/wav;base64,AAAA';
    expect(sendOne(privacy, ['input.value', both])).toBe('__REDACTED__ data:audio/wav;base64,AAAA');
  });

  it('leave the other values too when images are hidden', () => {
    const { privacy } = privacyWith({ hideInputImages: true });
    const tiny = 'see data:image/gif;base64,R0lG!';
    expect(sendOne(privacy, ['input.value', tiny])).toBe('see __REDACTED__!');
    expect(sendOne(privacy, ['input.images', [tiny]])).toBeUndefined();
  });

  it('are looked for in lists and beside the attributes of a span as well', () => {
    const { privacy } = privacyWith({});
    expect(sendOne(privacy, ['input.images', ['small', image]])).toEqual(['small', '__REDACTED__']);
    const attributes = { content: image, images: [image] };
    const span = spanWith({
      status: { code: 2, message: `cannot read ${image}` },
      events: [{ name: 'gen_ai.user.message', time: [1, 2], attributes }],
      links: [{ context: SPAN_CONTEXT, attributes }],
    });
    const sent = redact(span, privacy.policy);
    expect(sent.status.message).toBe('cannot read __REDACTED__');
    const limited = { content: '__REDACTED__', images: ['__REDACTED__'] };
    expect(sent.events[0]?.attributes).toEqual(limited);
    expect(sent.links[0]?.attributes).toEqual(limited);
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
      const passed = String(sendOne(privacyWith(flags).privacy, ['input.value', value]));
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
    const put: Entry = ['llm.invocation_parameters', parameters];
    expect(sendOne(privacy, put)).toBe(
      '{"temperature":0.2,"instructions":"__REDACTED__","metadata":"__REDACTED__","n":1}',
    );
    expect(sendOne(privacyWith({}).privacy, put)).toBe(parameters);
  });

  it('lose the tools on offer when these are hidden, as does the request itself', () => {
    const { privacy } = privacyWith({ hideLlmTools: true });
    const tools = [{ type: 'function', function: { description: 'looks up' } }];
    const asked = [{ role: 'user', content: 'hello' }];
    for (const key of ['llm.invocation_parameters', 'input.value']) {
      const request = JSON.stringify({ messages: asked, tools, functions: tools });
      expect(sendOne(privacy, [key, request])).toBe(
        JSON.stringify({ messages: asked, tools: '__REDACTED__', functions: '__REDACTED__' }),
      );
    }
    const flat: Entry = ['llm.invocation_parameters.tools', 'looks up'];
    expect(sendOne(privacy, flat)).toBe('__REDACTED__');
    expect(sendOne(privacy, ['input.value', 'which tools?'])).toBe('which tools?');
  });
});
