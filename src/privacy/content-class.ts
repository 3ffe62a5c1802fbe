/**
 * What the value under a key may tell about the people on a call. The class is a property of the
 * key, see `content-keys.ts`. `none` is a value that cannot hold anybody's words: a count, a model
 * name, an enum.
 */
export type ContentClass =
  | 'none'
  /** `input.value` of any span. */
  | 'inputValue'
  /** `input.mime_type`: says nothing once the value is hidden. */
  | 'inputMimeType'
  /** `output.value` of any span. */
  | 'outputValue'
  /** `output.mime_type`. */
  | 'outputMimeType'
  /** Structure of `llm.input_messages.*`: roles, names, call ids, tool calls. */
  | 'inputMessage'
  /** Text of `llm.input_messages.*`. */
  | 'inputText'
  | 'inputImage'
  | 'inputAudio'
  /** Structure of `llm.output_messages.*`. */
  | 'outputMessage'
  | 'outputText'
  | 'outputImage'
  | 'outputAudio'
  /** `llm.tools.*`. */
  | 'llmTools'
  | 'invocationParameters'
  /** `llm.prompts.*` and `llm.prompt_template.*`. */
  | 'prompt'
  /** `llm.choices.*`. */
  | 'choice'
  /** `embedding.*` texts and vectors. */
  | 'embeddingText'
  | 'embeddingVector'
  /** Arguments of a tool call, on the TOOL span. */
  | 'toolArguments'
  /** Description or schema of a tool, on the TOOL span. */
  | 'toolDefinition'
  /** Message or stack of an exception, message of an error status. */
  | 'exception'
  /** `metadata`, `tag.tags` and other values that the application wrote. */
  | 'metadata'
  /** Who took part: user id, participant identity, room name. */
  | 'personal'
  /** A raw attribute that holds what a person or the model said, input side. */
  | 'rawInput'
  /** A raw attribute that holds what a person or the model said, output side. */
  | 'rawOutput'
  /** A raw attribute whose content may be of either side. */
  | 'raw';
