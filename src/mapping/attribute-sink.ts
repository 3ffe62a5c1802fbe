import type { AttributeValue } from '@opentelemetry/api';

/**
 * What a value tells about the people on the call, by the road it takes.
 *
 * The mapper names the class with each value it puts, so that privacy decides by class and never
 * has to recognise a key. `none` is a value that can hold no words of anybody: a count, a model
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

/**
 * Where mapped attributes go: into OTLP bytes on the hot path, into an object for users' exporters
 * and for the tests that hold the two against each other.
 *
 * A key is put at most once for one span.
 */
export interface AttributeSink {
  put(key: string, value: AttributeValue, content: ContentClass): void;
  /** Where what was put can be put again as it is: attributes that each stand for themselves. */
  readonly replay?: AttributeReplay | undefined;
}

/** Attributes as they were put, and what putting them again counts as. */
export interface EncodedAttributes {
  /** In the sink's own form, one after the other; those that a sink gives are valid until its next put. */
  readonly pieces: readonly Uint8Array[];
  /** Values among them of which privacy hid a part. */
  readonly redacted: number;
  /** Values among them that privacy put in other words. */
  readonly rewritten: number;
}

/** Puts attributes a second time, in another span, without saying again what they are. */
export interface AttributeReplay {
  /** A place behind what has been put so far. */
  mark(): number;
  /** What was put since. `undefined` when putting it again would not come to the same. */
  since(mark: number): EncodedAttributes | undefined;
  /** False, and nothing put, where they would not come to the same in this span. */
  put(attributes: EncodedAttributes): boolean;
}
