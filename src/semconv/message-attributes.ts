import * as openInference from '@arizeai/openinference-semantic-conventions';

/** Prefix of one input message, without the dot that follows it. */
export type InputMessagePrefix = `${typeof openInference.LLM_INPUT_MESSAGES}.${number}`;
/** Prefix of one output message, without the dot that follows it. */
export type OutputMessagePrefix = `${typeof openInference.LLM_OUTPUT_MESSAGES}.${number}`;
/** Prefix of a message of either side. */
export type MessagePrefix = InputMessagePrefix | OutputMessagePrefix;

/**
 * What flattened attributes of a conversation are put together from. Indexes start at 0 and have no
 * gaps. A key is a prefix, a dot and a key:
 * `` `${OpenInferenceAttribute.inputMessagePrefix(0)}.${OpenInferenceAttribute.MESSAGE_ROLE}` ``
 * is `llm.input_messages.0.message.role`.
 */
export interface OpenInferenceAttributes {
  /** Role of a message, one of `MessageRole`. */
  readonly MESSAGE_ROLE: typeof openInference.MESSAGE_ROLE;
  /** Text of a message. */
  readonly MESSAGE_CONTENT: typeof openInference.MESSAGE_CONTENT;
  /** Name of who speaks, or of the tool. */
  readonly MESSAGE_NAME: typeof openInference.MESSAGE_NAME;
  /** On a tool's result: the call it answers. */
  readonly MESSAGE_TOOL_CALL_ID: typeof openInference.MESSAGE_TOOL_CALL_ID;
  /** Kind of a part: `text`, `image`, `audio`. */
  readonly MESSAGE_CONTENT_TYPE: typeof openInference.MESSAGE_CONTENT_TYPE;
  /** Text of a part. */
  readonly MESSAGE_CONTENT_TEXT: typeof openInference.MESSAGE_CONTENT_TEXT;
  /** Id of a tool call. */
  readonly TOOL_CALL_ID: typeof openInference.TOOL_CALL_ID;
  /** Name of the function a tool call asks for. */
  readonly TOOL_CALL_FUNCTION_NAME: typeof openInference.TOOL_CALL_FUNCTION_NAME;
  /** Arguments of a tool call, JSON. */
  readonly TOOL_CALL_FUNCTION_ARGUMENTS_JSON: typeof openInference.TOOL_CALL_FUNCTION_ARGUMENTS_JSON;
  /** Complete definition of an offered tool, JSON. */
  readonly TOOL_JSON_SCHEMA: typeof openInference.TOOL_JSON_SCHEMA;

  /** `llm.input_messages.<index>` */
  readonly inputMessagePrefix: (index: number) => InputMessagePrefix;
  /** `llm.output_messages.<index>` */
  readonly outputMessagePrefix: (index: number) => OutputMessagePrefix;
  /** `<message>.message.contents.<index>`: a part of a message of several. */
  readonly messageContentPrefix: <P extends MessagePrefix>(
    message: P,
    index: number,
  ) => `${P}.${typeof openInference.MESSAGE_CONTENTS}.${number}`;
  /** `<message>.message.tool_calls.<index>`: a tool call that a message asks for. */
  readonly messageToolCallPrefix: <P extends MessagePrefix>(
    message: P,
    index: number,
  ) => `${P}.${typeof openInference.MESSAGE_TOOL_CALLS}.${number}`;
  /** `llm.tools.<index>`: a tool offered to the model. */
  readonly toolPrefix: (index: number) => `${typeof openInference.LLM_TOOLS}.${number}`;
}

/** Keys and prefixes of flattened messages, tool calls and tools. */
export const OpenInferenceAttribute: OpenInferenceAttributes = {
  MESSAGE_ROLE: openInference.MESSAGE_ROLE,
  MESSAGE_CONTENT: openInference.MESSAGE_CONTENT,
  MESSAGE_NAME: openInference.MESSAGE_NAME,
  MESSAGE_TOOL_CALL_ID: openInference.MESSAGE_TOOL_CALL_ID,
  MESSAGE_CONTENT_TYPE: openInference.MESSAGE_CONTENT_TYPE,
  MESSAGE_CONTENT_TEXT: openInference.MESSAGE_CONTENT_TEXT,
  TOOL_CALL_ID: openInference.TOOL_CALL_ID,
  TOOL_CALL_FUNCTION_NAME: openInference.TOOL_CALL_FUNCTION_NAME,
  TOOL_CALL_FUNCTION_ARGUMENTS_JSON: openInference.TOOL_CALL_FUNCTION_ARGUMENTS_JSON,
  TOOL_JSON_SCHEMA: openInference.TOOL_JSON_SCHEMA,
  inputMessagePrefix: (index) => `${openInference.LLM_INPUT_MESSAGES}.${index}`,
  outputMessagePrefix: (index) => `${openInference.LLM_OUTPUT_MESSAGES}.${index}`,
  messageContentPrefix: (message, index) => `${message}.${openInference.MESSAGE_CONTENTS}.${index}`,
  messageToolCallPrefix: (message, index) =>
    `${message}.${openInference.MESSAGE_TOOL_CALLS}.${index}`,
  toolPrefix: (index) => `${openInference.LLM_TOOLS}.${index}`,
};

/** Values of `message.role`. */
export const MessageRole = {
  /** Instructions of the application. */
  SYSTEM: 'system',
  /** Instructions of the application, as newer OpenAI models name them. */
  DEVELOPER: 'developer',
  /** The person on the call. */
  USER: 'user',
  /** The model. */
  ASSISTANT: 'assistant',
  /** The result of a tool call. */
  TOOL: 'tool',
} as const;

/** One of the roles that {@link MessageRole} names. Providers may have others. */
export type MessageRoleValue = (typeof MessageRole)[keyof typeof MessageRole];
