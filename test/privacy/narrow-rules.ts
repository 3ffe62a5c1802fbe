import type { PrivacyOptions } from '../../src/index.js';
import type { DecodedSpan } from '../support/otlp-decode.js';
import type { ContentPlace } from '../support/placed-spans.js';
import type { Secrets } from '../support/planted-secrets.js';

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
const SAID_BEFORE = /^llm\.input_messages\..*(?:answered|arguments|error)$/;

/** A switch that covers some kinds of content, and what they are. */
export interface NarrowSwitch {
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
): NarrowSwitch {
  const env = { [`OPENINFERENCE_HIDE_${variable}`]: 'yes' };
  return { name: option, option: { [option]: true }, env, withheld, withheldOfLiveKit };
}

function lengthRow(name: keyof PrivacyOptions, kind: string, withheld: ContentPlace): NarrowSwitch {
  const env = { [`OPENINFERENCE_BASE64_${kind}_MAX_LENGTH`]: '300' };
  return { name, option: { [name]: 300 }, env, withheld: [withheld], withheldOfLiveKit: [] };
}

const OUTPUT_SIDE = [OF_OUTPUT, OF_BOTH];
const INPUT_SIDE = [OF_INPUT, OF_BOTH];
/** Read off the specification and SECURITY.md, and not off the tables under test. */
export const NARROW_SWITCHES: readonly NarrowSwitch[] = [
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
export function standing(spans: readonly DecodedSpan[], secrets: Secrets): readonly string[] {
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
      for (const [side, secret] of Object.entries(secrets)) {
        if (text.includes(secret)) found.add(`${family} ${side}`);
      }
    }
  }
  return [...found].toSorted();
}
