/**
 * What content stays home. Everything is sent by default. Each switch holds for mapped and raw
 * attributes alike; an option in code comes before its variable.
 *
 * A variable of this group whose value is neither true/1/yes/on nor false/0/no/off warns once and
 * is read as the stricter of the two: somebody wanted content withheld.
 */
export interface PrivacyFlags {
  /**
   * `false` withholds everything that holds words of people or of the model: LiveKit's own switch.
   * Env `LIVEKIT_TELEMETRY_ALLOW_PII`. Default true.
   */
  readonly allowPii?: boolean;
  /**
   * `false` withholds prompts, completions and tool arguments and results: OpenTelemetry's switch.
   * Env `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT`, where `NO_CONTENT` and `EVENT_ONLY`
   * mean false and `SPAN_ONLY` and `SPAN_AND_EVENT` mean true. Default true.
   */
  readonly captureMessageContent?: boolean;
  /** Hides `input.value`, all input messages and the tools offered to the model. Env `OPENINFERENCE_HIDE_INPUTS`. Default false. */
  readonly hideInputs?: boolean;
  /** Hides `output.value` and all output messages. Env `OPENINFERENCE_HIDE_OUTPUTS`. Default false. */
  readonly hideOutputs?: boolean;
  /** Hides all input messages. Env `OPENINFERENCE_HIDE_INPUT_MESSAGES`. Default false. */
  readonly hideInputMessages?: boolean;
  /** Hides all output messages. Env `OPENINFERENCE_HIDE_OUTPUT_MESSAGES`. Default false. */
  readonly hideOutputMessages?: boolean;
  /** Hides the text of input messages and keeps their structure. Env `OPENINFERENCE_HIDE_INPUT_TEXT`. Default false. */
  readonly hideInputText?: boolean;
  /** Hides the text of output messages and keeps their structure. Env `OPENINFERENCE_HIDE_OUTPUT_TEXT`. Default false. */
  readonly hideOutputText?: boolean;
  /** Hides images of input messages. Env `OPENINFERENCE_HIDE_INPUT_IMAGES`. Default false. */
  readonly hideInputImages?: boolean;
  /** Hides audio of input messages. Env `OPENINFERENCE_HIDE_INPUT_AUDIO`. Default false. */
  readonly hideInputAudio?: boolean;
  /** Hides audio of output messages. Env `OPENINFERENCE_HIDE_OUTPUT_AUDIO`. Default false. */
  readonly hideOutputAudio?: boolean;
  /** Hides the tools offered to the model. Env `OPENINFERENCE_HIDE_LLM_TOOLS`. Default false. */
  readonly hideLlmTools?: boolean;
  /** Hides the parameters of the model call. Env `OPENINFERENCE_HIDE_LLM_INVOCATION_PARAMETERS`. Default false. */
  readonly hideLlmInvocationParameters?: boolean;
  /** Hides prompts and prompt templates. Env `OPENINFERENCE_HIDE_PROMPTS`, `OPENINFERENCE_HIDE_LLM_PROMPTS`. Default false. */
  readonly hidePrompts?: boolean;
  /** Hides text completions. Env `OPENINFERENCE_HIDE_CHOICES`. Default false. */
  readonly hideChoices?: boolean;
  /** Hides texts that were embedded. Env `OPENINFERENCE_HIDE_EMBEDDINGS_TEXT`, `OPENINFERENCE_HIDE_EMBEDDING_TEXT`. Default false. */
  readonly hideEmbeddingsText?: boolean;
  /** Hides embedding vectors. Env `OPENINFERENCE_HIDE_EMBEDDINGS_VECTORS`, `OPENINFERENCE_HIDE_EMBEDDING_VECTORS`. Default false. */
  readonly hideEmbeddingsVectors?: boolean;
  /** Characters that a base64 image may have; a longer one is hidden. Env `OPENINFERENCE_BASE64_IMAGE_MAX_LENGTH`. Default 32,000. */
  readonly base64ImageMaxLength?: number;
  /** Characters that base64 audio may have; longer audio is hidden. Env `OPENINFERENCE_BASE64_AUDIO_MAX_LENGTH`. Default 32,000. */
  readonly base64AudioMaxLength?: number;
}

/** {@link PrivacyFlags} with every value decided. */
export type ResolvedPrivacyFlags = Required<PrivacyFlags>;
