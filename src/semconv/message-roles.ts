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
