import { trace } from '@opentelemetry/api';
import { afterEach, describe, expect, it } from 'vitest';
import type { PrivacyOptions } from '../../src/index.js';
import { listCaptures, readCapture } from '../support/corpus.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import {
  CONTENT_PLACES,
  drawPlacedSecrets,
  recordPlacedSpans,
  type ContentPlace,
} from '../support/placed-spans.js';
import { drawSecrets, plantSecrets, type Side } from '../support/planted-secrets.js';
import { outcomeOf, skeletons, type Load } from './canary-delivery.js';

const PLACED = drawPlacedSecrets();
const SECRETS = drawSecrets();
const SIDES = Object.keys(SECRETS) as Side[];

/** These switches go by keys, and the spans of these scenarios have all of LiveKit's. */
const SCENARIOS = ['chat_3_turns', 'tool_ok', 'tool_toolerror', 'realtime_turn', 'handoff'];
const LOAD: Load = {
  captures: listCaptures()
    .filter(({ scenario }) => SCENARIOS.includes(scenario))
    .map(({ version, scenario }) => plantSecrets(readCapture(version, scenario), SECRETS)),
  record: (provider) => recordPlacedSpans(provider, PLACED),
  options: {},
};

afterEach(() => {
  trace.disable();
});

const RAW_INPUT = ['rawSystem', 'rawMessages', 'rawUnknown', 'eventAsked'] as const;
const RAW_OUTPUT = ['rawMessages', 'rawAnswer', 'rawUnknown', 'eventAnswered'] as const;
const EARLIER = ['earlierAnswer', 'earlierArguments'] as const;
const INPUT_TEXT = ['inputText', 'inputPart', 'inputTranscript', ...EARLIER] as const;
const OUTPUT_TEXT = ['outputText', 'outputArguments', 'requestAnswer', ...EARLIER] as const;
const AUDIO_DATA = ['requestAudio', 'longAudio', 'shortAudio'] as const;
const IMAGE_DATA = ['requestImage', 'longImage', 'shortImage'] as const;

/** Keys of LiveKit's spans that speak of the input, of the output, of both. */
const OF_INPUT =
  /^(?:gen_ai\.system_instructions|lk\.(?:instructions|user_input|user_transcript)) /;
const OF_OUTPUT =
  /^(?:gen_ai\.(?:output\.messages|tool\.call\.result)|lk\.(?:response\.\w+|function_tool\.output)) /;
const OF_BOTH = /^(?:gen_ai\.input\.messages|lk\.chat_ctx) /;
/** What the model and its tools said before, sent along with the next request. */
const SAID_BEFORE = /^llm\.input_messages\..*(?:answered|arguments)$/;

interface Row {
  readonly name: string;
  readonly option: PrivacyOptions;
  readonly env: Readonly<Record<string, string>>;
  /** Places of which nothing may leave; all the others must arrive. */
  readonly withheld: readonly ContentPlace[];
  /** The same of LiveKit's spans, as key and side. */
  readonly withheldOfLiveKit: readonly RegExp[];
}

function row(
  option: keyof PrivacyOptions,
  variable: string,
  withheld: readonly ContentPlace[],
  withheldOfLiveKit: readonly RegExp[],
): Row {
  const env = { [`OPENINFERENCE_HIDE_${variable}`]: 'yes' };
  return { name: option, option: { [option]: true }, env, withheld, withheldOfLiveKit };
}

function lengthRow(name: keyof PrivacyOptions, kind: string, withheld: ContentPlace): Row {
  const env = { [`OPENINFERENCE_BASE64_${kind}_MAX_LENGTH`]: '300' };
  return { name, option: { [name]: 300 }, env, withheld: [withheld], withheldOfLiveKit: [] };
}

const OUTPUT_SIDE = [OF_OUTPUT, OF_BOTH];
const INPUT_SIDE = [OF_INPUT, OF_BOTH];
const ROWS: readonly Row[] = [
  row(
    'hideInputMessages',
    'INPUT_MESSAGES',
    [...INPUT_TEXT, 'inputName', 'inputImage', 'inputAudio', ...RAW_INPUT],
    [/^llm\.input_messages\./, ...INPUT_SIDE],
  ),
  row(
    'hideOutputMessages',
    'OUTPUT_MESSAGES',
    [...OUTPUT_TEXT, 'outputName', 'outputImage', 'outputAudio', ...RAW_OUTPUT],
    [/^llm\.output_messages\./, SAID_BEFORE, ...OUTPUT_SIDE],
  ),
  row(
    'hideInputText',
    'INPUT_TEXT',
    [...INPUT_TEXT, ...RAW_INPUT],
    [/^llm\.input_messages\./, ...INPUT_SIDE],
  ),
  row(
    'hideOutputText',
    'OUTPUT_TEXT',
    [...OUTPUT_TEXT, ...RAW_OUTPUT],
    [/^llm\.output_messages\./, SAID_BEFORE, ...OUTPUT_SIDE],
  ),
  row('hideInputImages', 'INPUT_IMAGES', ['inputImage', ...IMAGE_DATA, ...RAW_INPUT], INPUT_SIDE),
  row('hideInputAudio', 'INPUT_AUDIO', ['inputAudio', ...AUDIO_DATA, ...RAW_INPUT], INPUT_SIDE),
  row(
    'hideOutputAudio',
    'OUTPUT_AUDIO',
    ['outputAudio', ...AUDIO_DATA, ...RAW_OUTPUT],
    OUTPUT_SIDE,
  ),
  row(
    'hideLlmInvocationParameters',
    'LLM_INVOCATION_PARAMETERS',
    ['parameters', 'parameterTools'],
    [],
  ),
  row('hidePrompts', 'PROMPTS', ['prompt', 'promptTemplate', ...RAW_INPUT], INPUT_SIDE),
  row('hideChoices', 'CHOICES', ['choice', ...RAW_OUTPUT], OUTPUT_SIDE),
  row('hideEmbeddingsText', 'EMBEDDINGS_TEXT', ['embeddingText'], []),
  row('hideEmbeddingsVectors', 'EMBEDDINGS_VECTORS', ['embeddingVector'], []),
  row(
    'hideLlmTools',
    'LLM_TOOLS',
    [
      'tools',
      'toolDescription',
      'rawTools',
      'requestTools',
      'parameterTools',
      'rawMessages',
      'rawUnknown',
    ],
    [/^(?:llm\.tools|tool\.description|gen_ai\.tool\.de|lk\.function_tools)/, OF_BOTH],
  ),
  lengthRow('base64ImageMaxLength', 'IMAGE', 'longImage'),
  lengthRow('base64AudioMaxLength', 'AUDIO', 'longAudio'),
];

/** Where in LiveKit's spans the words of which side stand. */
function standing(spans: readonly DecodedSpan[]): readonly string[] {
  const found = new Set<string>();
  for (const { attributes, events, status } of spans) {
    const values = [
      ...Object.entries(attributes),
      ...events.flatMap((event) => Object.entries(event.attributes ?? {})),
      ['status', status.message] as const,
    ];
    for (const [key, value] of values) {
      const text = JSON.stringify(value) ?? '';
      const family = key.replace('.pii.', '.').replaceAll(/\.\d+\./g, '.N.');
      for (const side of SIDES) if (text.includes(SECRETS[side])) found.add(`${family} ${side}`);
    }
  }
  return [...found].toSorted();
}

describe('a narrow switch', () => {
  const plain = outcomeOf({}, LOAD);

  it('has something to withhold in every place', async () => {
    const { places, spans } = await plain;
    for (const place of CONTENT_PLACES) {
      for (const road of ['wire', 'spool', 'views'] as const) {
        expect(places[road].includes(PLACED[place]), `${place} at ${road}`).toBe(true);
      }
    }
    for (const { withheldOfLiveKit } of ROWS) {
      for (const keys of withheldOfLiveKit) {
        expect(
          standing(spans).some((each) => keys.test(each)),
          String(keys),
        ).toBe(true);
      }
    }
  });

  const ways = ROWS.flatMap(({ name, env, option, ...expected }) => [
    { name: `${name}, by env`, way: { env }, ...expected },
    { name: `${name}, by option`, way: { options: { privacy: option } }, ...expected },
  ]);
  it.each(ways)('$name', async ({ way, withheld, withheldOfLiveKit }) => {
    const before = await plain;
    const after = await outcomeOf(way, LOAD);
    for (const [road, text] of Object.entries(after.places)) {
      const sent = CONTENT_PLACES.filter((place) => text.includes(PLACED[place]));
      const meant = CONTENT_PLACES.filter((place) => !withheld.includes(place));
      expect(sent, road).toEqual(road === 'logs' ? [] : meant);
      if (road === 'logs') for (const side of SIDES) expect(text).not.toContain(SECRETS[side]);
    }
    expect(standing(after.spans)).toEqual(
      standing(before.spans).filter((each) => !withheldOfLiveKit.some((keys) => keys.test(each))),
    );
    expect(skeletons(after)).toEqual(skeletons(before));
  });
});
