/** Prefix of one input message, without the dot that follows it. */
export type InputMessagePrefix = `llm.input_messages.${number}`;
/** Prefix of one output message, without the dot that follows it. */
export type OutputMessagePrefix = `llm.output_messages.${number}`;
/** Prefix of a message of either side. */
export type MessagePrefix = InputMessagePrefix | OutputMessagePrefix;

/**
 * Keys and prefixes of flattened messages, tool calls and tools. Indexes start at 0 and have no
 * gaps. A key is a prefix, a dot and a key:
 * `` `${OpenInferenceAttribute.inputMessagePrefix(0)}.${OpenInferenceAttribute.MESSAGE_ROLE}` ``
 * is `llm.input_messages.0.message.role`.
 */
export const OpenInferenceAttribute = {
  /** Role of a message, one of `MessageRole`. */
  MESSAGE_ROLE: 'message.role',
  /** Text of a message. */
  MESSAGE_CONTENT: 'message.content',
  /** Name of who speaks, or of the tool. */
  MESSAGE_NAME: 'message.name',
  /** On a tool's result: the call it answers. */
  MESSAGE_TOOL_CALL_ID: 'message.tool_call_id',
  /** Kind of a part: `text`, `image`, `audio`. */
  MESSAGE_CONTENT_TYPE: 'message_content.type',
  /** Text of a part. */
  MESSAGE_CONTENT_TEXT: 'message_content.text',
  /** Id of a tool call. */
  TOOL_CALL_ID: 'tool_call.id',
  /** Name of the function a tool call asks for. */
  TOOL_CALL_FUNCTION_NAME: 'tool_call.function.name',
  /** Arguments of a tool call, JSON. */
  TOOL_CALL_FUNCTION_ARGUMENTS_JSON: 'tool_call.function.arguments',
  /** Complete definition of an offered tool, JSON. */
  TOOL_JSON_SCHEMA: 'tool.json_schema',

  inputMessagePrefix: (index: number): InputMessagePrefix => `llm.input_messages.${index}`,
  outputMessagePrefix: (index: number): OutputMessagePrefix => `llm.output_messages.${index}`,
  /** A part of a message of several. */
  messageContentPrefix: <P extends MessagePrefix>(
    message: P,
    index: number,
  ): `${P}.message.contents.${number}` => `${message}.message.contents.${index}`,
  /** A tool call that a message asks for. */
  messageToolCallPrefix: <P extends MessagePrefix>(
    message: P,
    index: number,
  ): `${P}.message.tool_calls.${number}` => `${message}.message.tool_calls.${index}`,
  /** A tool offered to the model. */
  toolPrefix: (index: number): `llm.tools.${number}` => `llm.tools.${index}`,
} as const;

/** {@link OpenInferenceAttribute}: each key under its name. */
export type OpenInferenceAttributes = typeof OpenInferenceAttribute;

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
