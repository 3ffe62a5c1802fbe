import { trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import { limitInlineMedia } from '../../src/privacy/inline-media.js';
import { leaks, sendRows, type Row, type Withholding } from './wire.js';

afterEach(() => {
  trace.disable();
});

const json = (value: unknown): string => JSON.stringify(value);
/** Bytes that begin as their kind does and go on at random, the same each time. */
function media(start: readonly number[], length = 600): Buffer {
  let seed = 7;
  const rest = Array.from(
    { length },
    () => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % 256,
  );
  return Buffer.from([...start, ...rest]);
}
const PNG = media([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const JPEG = media([0xff, 0xd8, 0xff, 0xe0]);
const WAVE = media([0x52, 0x49, 0x46, 0x46]);
const SAMPLES = media([1, 2, 3, 4]);
const MARK = 'canary-in-a-drawing';
const SVG = `<svg xmlns="http://www.w3.org/2000/svg"><text x="1">${MARK}</text></svg>`;

const lines = (base64: string, end: string): string => base64.replace(/(.{76})/g, `$1${end}`);

/** An image in many coats, and a part of it that must not be seen. */
function images(picture: Buffer): readonly (readonly [row: Row, part: string])[] {
  const base64 = picture.toString('base64');
  const part = base64.slice(120, 150);
  const rows: readonly Row[] = [
    ...[
      'data',
      'bytes',
      'b64_json',
      'blob',
      'content',
      'image',
      'image_base64',
      'base64',
      'bytesBase64Encoded',
      'imageBytes',
      'whatever',
    ].map((name): Row => ['LLM', 'input.value', json({ parts: [{ [name]: base64 }] })]),
    ['LLM', 'input.value', json({ body: json({ body: json({ image: base64 }) }) })],
    ['LLM', 'input.value', json({ image: lines(base64, '\n') })],
    ['LLM', 'input.value', json({ body: json({ image: lines(base64, '\r\n') }) })],
    ['LLM', 'input.value', lines(base64, '\n')],
    ['LLM', 'input.value', `{'image': '${base64}'}`],
    ['LLM', 'llm.invocation_parameters', json({ image: base64 })],
    ['CHAIN', 'customer.picture', base64],
    ['CHAIN', 'output.value', `see data:image/png;base64,${lines(base64, '\n')} here`],
    ['LLM', 'input.value', json({ url: `data:image/png;name="a b.png";base64,${base64}` })],
  ];
  return rows.map((row) => [row, part]);
}

function numbers(bytes: Buffer): readonly (readonly [row: Row, part: string])[] {
  const list = [...bytes];
  const part = list.slice(100, 110).join(',');
  const keyed = list.slice(100, 104).map((byte, index) => `"${index + 100}":${byte}`);
  return [
    [['LLM', 'input.value', json({ image: list })], part],
    [['LLM', 'input.value', json({ image: bytes })], part],
    [['LLM', 'input.value', json({ image: new Uint8Array(bytes) })], keyed.join(',')],
    [
      ['LLM', 'input.value', json({ body: json({ image: new Uint8Array(bytes) }) })],
      keyed.join(',').replaceAll('"', '\\"'),
    ],
  ];
}

const DRAWINGS: readonly (readonly [row: Row, part: string])[] = [
  SVG,
  `see ${SVG} here`,
  json({ image: SVG }),
  `data:image/svg+xml;utf8,${SVG}`,
  `data:image/svg+xml,${encodeURIComponent(SVG)}`,
  `data:image/svg+xml;charset=utf-8,${SVG.replaceAll('<', '%3C').replaceAll('>', '%3E')}`,
  SVG.slice(0, -6),
].map((value) => [['CHAIN', 'input.value', value], MARK]);

function sounds(sound: Buffer): readonly (readonly [row: Row, part: string])[] {
  const base64 = sound.toString('base64');
  const part = base64.slice(120, 150);
  const rows: readonly Row[] = [
    ...['data', 'audio', 'delta', 'input_audio', 'audio_bytes'].map((name): Row => [
      'LLM',
      'input.value',
      json({ type: 'input_audio_buffer.append', [name]: base64 }),
    ]),
    ['LLM', 'output.value', json([{ type: 'response.audio.delta', delta: base64 }])],
    ['LLM', 'output.value', json({ audio: lines(base64, '\n') })],
    ['LLM', 'input.value', json({ url: `data:audio/webm;codecs="opus";base64,${base64}` })],
    ['LLM', 'input.value', `data:audio/webm;codecs="vp8, opus";base64,${base64}`],
    ['LLM', 'input.value', `data:audio/ogg; codecs=opus; base64,${base64}`],
    ['CHAIN', 'customer.recording', base64],
    ['CHAIN', 'stream.delta', lines(base64, '\n')],
  ];
  return rows.map((row) => [row, part]);
}

const CASES: readonly (readonly [
  string,
  readonly (readonly [row: Row, part: string])[],
  readonly Withholding[],
])[] = [
  [
    'images',
    [...images(PNG), ...images(JPEG), ...numbers(PNG), ...numbers(JPEG), ...DRAWINGS],
    [
      { env: { OPENINFERENCE_HIDE_INPUT_IMAGES: 'true' } },
      { privacy: { hideInputImages: true } },
      { privacy: { base64ImageMaxLength: 60 } },
      { env: { OPENINFERENCE_BASE64_IMAGE_MAX_LENGTH: '60' } },
    ],
  ],
  [
    'sounds',
    [...sounds(WAVE), ...sounds(SAMPLES), ...numbers(WAVE)],
    [
      { env: { OPENINFERENCE_HIDE_INPUT_AUDIO: 'true' } },
      { privacy: { hideOutputAudio: true } },
      { privacy: { base64AudioMaxLength: 200 } },
    ],
  ],
];

describe.each(CASES)('%s in any coat', (_kind, cases, ways) => {
  const rows = cases.map(([row]) => row);

  it('are sent where nothing hides them', async () => {
    const spans = await sendRows({}, rows);
    for (const [index, [, part]] of cases.entries()) {
      expect(leaks(spans.slice(index, index + 1), json(part).slice(1, -1))).toHaveLength(1);
    }
  });

  it.each(ways)('are hidden under %o, and JSON stays JSON', async (way) => {
    const spans = await sendRows(way, rows);
    expect(spans).toHaveLength(rows.length);
    for (const [index, [[, key, value], part]] of cases.entries()) {
      const sent = spans[index]?.attributes[key];
      expect(leaks(spans.slice(index, index + 1), json(part).slice(1, -1)), String(value)).toEqual(
        [],
      );
      if (/^[[{]"/.test(String(value)))
        expect(() => JSON.parse(String(sent)) as unknown).not.toThrow();
    }
  });
});

describe('what is no medium', () => {
  const limits = { imageMaxLength: 0, audioMaxLength: 0 };

  it.each([
    ['a hash', json({ data: 'c0ffee'.repeat(12) })],
    ['a signature', json({ signature: SAMPLES.toString('base64') })],
    ['a long word', 'a'.repeat(400)],
    ['an address', `https://example.com/${'a/'.repeat(300)}`],
    ['a vector', json({ vector: Array.from({ length: 100 }, (_, index) => index / 7) })],
    ['scores', json({ scores: Array.from({ length: 100 }, (_, index) => index) })],
    ['a sentence about SVG', 'The <svgs> and data: urls of "image": none'],
  ])('stays: %s', (_what, value) => {
    expect(limitInlineMedia(value, limits)).toBe(value);
  });

  it.each([
    'data:image/png;',
    'data:image/png;a="',
    'data:image/png;base64,A\n',
    '"image":"',
    'iVBORw0KGgo',
    'A'.repeat(39) + '\n',
    'A'.repeat(41) + '\\\\n',
    '\\\\n',
    '[1,',
    '{"0":1,',
    '<svg ',
    '%3Csvg',
    '[1 , ',
  ])('takes linear time: %s', (part) => {
    const text = part.repeat(Math.ceil(65_536 / part.length));
    const startedAt = process.cpuUsage().user;
    limitInlineMedia(text, limits);
    expect((process.cpuUsage().user - startedAt) / 1_000).toBeLessThan(100);
  });
});
