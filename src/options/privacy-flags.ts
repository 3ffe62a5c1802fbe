import {
  countReader,
  describeValue,
  type OptionRow,
  type OptionTable,
  parseBoolean,
  readBoolean,
} from './option-readers.js';

/**
 * Which content is withheld. Everything is sent by default. Each switch applies to mapped and raw
 * attributes alike; an option in code wins over its variable.
 *
 * An option of another type rejects `setup()`. A variable of a switch that is neither
 * true/1/yes/on nor false/0/no/off warns once and counts as the stricter value, because somebody
 * wanted content withheld.
 */
export interface PrivacyFlags {
  /**
   * `false` withholds everything that people or the model said: LiveKit's own switch.
   *
   * Env `LIVEKIT_TELEMETRY_ALLOW_PII`.
   *
   * @default true
   * @example false
   */
  readonly allowPii?: boolean;
  /**
   * `false` withholds prompts, completions, tool arguments and tool results: OpenTelemetry's switch.
   *
   * Env `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`, where `NO_CONTENT` and `EVENT_ONLY`
   * mean false and `SPAN_ONLY` and `SPAN_AND_EVENT` mean true.
   *
   * @default true
   * @example false
   */
  readonly captureMessageContent?: boolean;
  /**
   * Hides `input.value`, all input messages and the tools offered to the model.
   *
   * Env `OPENINFERENCE_HIDE_INPUTS`.
   *
   * @default false
   * @example true
   */
  readonly hideInputs?: boolean;
  /**
   * Hides `output.value` and all output messages.
   *
   * Env `OPENINFERENCE_HIDE_OUTPUTS`.
   *
   * @default false
   * @example true
   */
  readonly hideOutputs?: boolean;
  /**
   * Hides all input messages.
   *
   * Env `OPENINFERENCE_HIDE_INPUT_MESSAGES`.
   *
   * @default false
   * @example true
   */
  readonly hideInputMessages?: boolean;
  /**
   * Hides all output messages.
   *
   * Env `OPENINFERENCE_HIDE_OUTPUT_MESSAGES`.
   *
   * @default false
   * @example true
   */
  readonly hideOutputMessages?: boolean;
  /**
   * Hides the text of input messages and keeps their structure.
   *
   * Env `OPENINFERENCE_HIDE_INPUT_TEXT`.
   *
   * @default false
   * @example true
   */
  readonly hideInputText?: boolean;
  /**
   * Hides the text of output messages and keeps their structure.
   *
   * Env `OPENINFERENCE_HIDE_OUTPUT_TEXT`.
   *
   * @default false
   * @example true
   */
  readonly hideOutputText?: boolean;
  /**
   * Hides images of input messages.
   *
   * Env `OPENINFERENCE_HIDE_INPUT_IMAGES`.
   *
   * @default false
   * @example true
   */
  readonly hideInputImages?: boolean;
  /**
   * Hides audio of input messages.
   *
   * Env `OPENINFERENCE_HIDE_INPUT_AUDIO`.
   *
   * @default false
   * @example true
   */
  readonly hideInputAudio?: boolean;
  /**
   * Hides audio of output messages.
   *
   * Env `OPENINFERENCE_HIDE_OUTPUT_AUDIO`.
   *
   * @default false
   * @example true
   */
  readonly hideOutputAudio?: boolean;
  /**
   * Hides the tools offered to the model.
   *
   * Env `OPENINFERENCE_HIDE_LLM_TOOLS`.
   *
   * @default false
   * @example true
   */
  readonly hideLlmTools?: boolean;
  /**
   * Hides the parameters of the model call.
   *
   * Env `OPENINFERENCE_HIDE_LLM_INVOCATION_PARAMETERS`.
   *
   * @default false
   * @example true
   */
  readonly hideLlmInvocationParameters?: boolean;
  /**
   * Hides prompts and prompt templates.
   *
   * Env `OPENINFERENCE_HIDE_PROMPTS`, `OPENINFERENCE_HIDE_LLM_PROMPTS`.
   *
   * @default false
   * @example true
   */
  readonly hidePrompts?: boolean;
  /**
   * Hides text completions.
   *
   * Env `OPENINFERENCE_HIDE_CHOICES`.
   *
   * @default false
   * @example true
   */
  readonly hideChoices?: boolean;
  /**
   * Hides texts that were embedded.
   *
   * Env `OPENINFERENCE_HIDE_EMBEDDINGS_TEXT`, `OPENINFERENCE_HIDE_EMBEDDING_TEXT`.
   *
   * @default false
   * @example true
   */
  readonly hideEmbeddingsText?: boolean;
  /**
   * Hides embedding vectors.
   *
   * Env `OPENINFERENCE_HIDE_EMBEDDINGS_VECTORS`, `OPENINFERENCE_HIDE_EMBEDDING_VECTORS`.
   *
   * @default false
   * @example true
   */
  readonly hideEmbeddingsVectors?: boolean;
  /**
   * Characters that a base64 image may have; a longer one is hidden.
   *
   * Env `OPENINFERENCE_BASE64_IMAGE_MAX_LENGTH`.
   *
   * @default 32,000
   * @example 0
   */
  readonly base64ImageMaxLength?: number;
  /**
   * Characters that base64 audio may have; longer audio is hidden.
   *
   * Env `OPENINFERENCE_BASE64_AUDIO_MAX_LENGTH`.
   *
   * @default 32,000
   * @example 0
   */
  readonly base64AudioMaxLength?: number;
}

/** {@link PrivacyFlags} with every value decided. */
export type ResolvedPrivacyFlags = Required<PrivacyFlags>;

// Values of the GenAI instrumentations that say more than true or false. What goes on events does
// not go on spans.
const CAPTURE_MODES: ReadonlyMap<string, boolean> = new Map([
  ['no_content', false],
  ['event_only', false],
  ['span_only', true],
  ['span_and_event', true],
]);

const readLength = countReader('characters', 0);

/** The rows of the switches under `privacy`. */
export const PRIVACY_FLAG_TABLE: OptionTable<ResolvedPrivacyFlags> = {
  allowPii: switchRow(false, ['LIVEKIT_TELEMETRY_ALLOW_PII']),
  captureMessageContent: switchRow(
    false,
    ['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'],
    CAPTURE_MODES,
  ),
  hideInputs: hideRow('INPUTS'),
  hideOutputs: hideRow('OUTPUTS'),
  hideInputMessages: hideRow('INPUT_MESSAGES'),
  hideOutputMessages: hideRow('OUTPUT_MESSAGES'),
  hideInputText: hideRow('INPUT_TEXT'),
  hideOutputText: hideRow('OUTPUT_TEXT'),
  hideInputImages: hideRow('INPUT_IMAGES'),
  hideInputAudio: hideRow('INPUT_AUDIO'),
  hideOutputAudio: hideRow('OUTPUT_AUDIO'),
  hideLlmTools: hideRow('LLM_TOOLS'),
  hideLlmInvocationParameters: hideRow('LLM_INVOCATION_PARAMETERS'),
  // Two spellings of three names are in use; a misspelt privacy switch must not send content.
  hidePrompts: hideRow('PROMPTS', 'LLM_PROMPTS'),
  hideChoices: hideRow('CHOICES'),
  hideEmbeddingsText: hideRow('EMBEDDINGS_TEXT', 'EMBEDDING_TEXT'),
  hideEmbeddingsVectors: hideRow('EMBEDDINGS_VECTORS', 'EMBEDDING_VECTORS'),
  base64ImageMaxLength: lengthRow('IMAGE'),
  base64AudioMaxLength: lengthRow('AUDIO'),
};

function hideRow(...suffixes: readonly string[]): OptionRow<boolean> {
  return switchRow(
    true,
    suffixes.map((suffix) => `OPENINFERENCE_HIDE_${suffix}`),
  );
}

/** Privacy fails closed: a variable that cannot be read counts as the strict value. */
function switchRow(
  strict: boolean,
  env: readonly string[],
  modes?: ReadonlyMap<string, boolean>,
): OptionRow<boolean> {
  return {
    env,
    default: !strict,
    read: (value, source) => {
      if (source.isOption) return readBoolean(value, source);
      const flag = parseBoolean(value, source) ?? modes?.get(String(value).toLowerCase());
      if (flag === undefined) {
        source.note(
          `must be true or false; saw ${describeValue(value)}, which is read as ${strict} so that no content leaves by mistake`,
        );
      }
      return flag ?? strict;
    },
  };
}

function lengthRow(kind: string): OptionRow<number> {
  return {
    env: [`OPENINFERENCE_BASE64_${kind}_MAX_LENGTH`],
    default: 32_000,
    read: readLength,
  };
}

const LOOKS_LIKE_SWITCH = /^OPEN_?INFERENCE_(?:HID|BASE64)/i;

/** Variables that look like a privacy switch and are none, with the name that was meant. */
export function misspeltVariables(
  names: readonly string[],
): readonly (readonly [name: string, meant: string])[] {
  const alike = names.filter((name) => LOOKS_LIKE_SWITCH.test(name));
  if (alike.length === 0) return [];
  const known = Object.values(PRIVACY_FLAG_TABLE).flatMap(({ env }) => env ?? []);
  return alike
    .filter((name) => !known.includes(name))
    .map((name) => [
      name,
      known.reduce((best, next) => (likeness(name, next) > likeness(name, best) ? next : best)),
    ]);
}

/** How many pairs of letters two names share, from 0 to 1 (Sørensen–Dice). */
function likeness(one: string, other: string): number {
  const [pairs, others] = [letterPairs(one), letterPairs(other)];
  const shared = [...pairs].filter((pair) => others.has(pair)).length;
  return (2 * shared) / (pairs.size + others.size);
}

function letterPairs(name: string): ReadonlySet<string> {
  const letters = name.toUpperCase();
  return new Set(Array.from(letters, (_, at) => letters.slice(at, at + 2)));
}
