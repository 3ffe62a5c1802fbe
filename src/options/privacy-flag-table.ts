import { describeValue } from './describe-value.js';
import type { OptionRow, OptionTable, Reading } from './option-row.js';
import type { ResolvedPrivacyFlags } from './privacy-flags.js';
import { parseBoolean, readBooleanOption } from './read-boolean.js';
import { createCountReaders } from './read-count.js';

// Values of the GenAI instrumentations that say more than true or false. What goes on events does
// not go on spans.
const CAPTURE_MODES: ReadonlyMap<string, boolean> = new Map([
  ['no_content', false],
  ['event_only', false],
  ['span_only', true],
  ['span_and_event', true],
]);

/** The flags under `privacy`. Rows read the way {@link PrivacyFlags} describes. */
export const PRIVACY_FLAG_TABLE: OptionTable<ResolvedPrivacyFlags> = {
  allowPii: allowRow(
    'LIVEKIT_TELEMETRY_ALLOW_PII',
    'false withholds everything that holds words of people or of the model',
    parseBoolean,
  ),
  captureMessageContent: allowRow(
    'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT',
    'false withholds prompts, completions, tool arguments and results',
    (text) => CAPTURE_MODES.get(text.toLowerCase()) ?? parseBoolean(text),
  ),
  hideInputs: hideRow(['INPUTS'], '`input.value`, all input messages, the tools offered'),
  hideOutputs: hideRow(['OUTPUTS'], '`output.value` and all output messages'),
  hideInputMessages: hideRow(['INPUT_MESSAGES'], 'all input messages'),
  hideOutputMessages: hideRow(['OUTPUT_MESSAGES'], 'all output messages'),
  hideInputText: hideRow(['INPUT_TEXT'], 'the text of input messages'),
  hideOutputText: hideRow(['OUTPUT_TEXT'], 'the text of output messages'),
  hideInputImages: hideRow(['INPUT_IMAGES'], 'images of input messages'),
  hideInputAudio: hideRow(['INPUT_AUDIO'], 'audio of input messages'),
  hideOutputAudio: hideRow(['OUTPUT_AUDIO'], 'audio of output messages'),
  hideLlmTools: hideRow(['LLM_TOOLS'], 'the tools offered to the model'),
  hideLlmInvocationParameters: hideRow(
    ['LLM_INVOCATION_PARAMETERS'],
    'the parameters of the model call',
  ),
  // Two spellings of three names are in use; a misspelt privacy switch must not send content.
  hidePrompts: hideRow(['PROMPTS', 'LLM_PROMPTS'], 'prompts and prompt templates'),
  hideChoices: hideRow(['CHOICES'], 'text completions'),
  hideEmbeddingsText: hideRow(['EMBEDDINGS_TEXT', 'EMBEDDING_TEXT'], 'texts that were embedded'),
  hideEmbeddingsVectors: hideRow(['EMBEDDINGS_VECTORS', 'EMBEDDING_VECTORS'], 'embedding vectors'),
  base64ImageMaxLength: lengthRow('IMAGE', 'a base64 image'),
  base64AudioMaxLength: lengthRow('AUDIO', 'base64 audio'),
};

function hideRow(suffixes: readonly string[], hidden: string): OptionRow<boolean> {
  return {
    env: [],
    standardEnv: suffixes.map((suffix) => `OPENINFERENCE_HIDE_${suffix}`),
    default: false,
    defaultText: 'false',
    meaning: `Hides ${hidden}`,
    readOption: readBooleanOption,
    readEnv: (text) => readStrictly(text, parseBoolean(text), true),
  };
}

function allowRow(
  variable: string,
  meaning: string,
  parse: (text: string) => boolean | undefined,
): OptionRow<boolean> {
  return {
    env: [],
    standardEnv: [variable],
    default: true,
    defaultText: 'true',
    meaning,
    readOption: readBooleanOption,
    readEnv: (text) => readStrictly(text, parse(text), false),
  };
}

function lengthRow(kind: string, value: string): OptionRow<number> {
  return {
    env: [],
    standardEnv: [`OPENINFERENCE_BASE64_${kind}_MAX_LENGTH`],
    default: 32_000,
    defaultText: '32,000',
    meaning: `Characters that ${value} may have; a longer one is hidden`,
    ...createCountReaders('characters', 0),
  };
}

/** Privacy fails closed: a value that cannot be read counts as the strict one. */
function readStrictly(
  text: string,
  parsed: boolean | undefined,
  strict: boolean,
): Reading<boolean> {
  return parsed === undefined
    ? {
        value: strict,
        note: `must be true or false; saw ${describeValue(text)}, which is read as ${strict} so that no content leaves by mistake`,
      }
    : { value: parsed };
}
