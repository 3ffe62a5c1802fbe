/** Values of `openinference.span.kind`. */
export const SpanKindValues = {
  /** A run of an agent: a session, a task. */
  AGENT: 'AGENT',
  /** A call of a model. */
  LLM: 'LLM',
  /** A call of a tool. */
  TOOL: 'TOOL',
  /** A step that is none of the others. */
  CHAIN: 'CHAIN',
  /** A search for documents. */
  RETRIEVER: 'RETRIEVER',
  /** A call of an embedding model. */
  EMBEDDING: 'EMBEDDING',
  /** A reordering of documents. */
  RERANKER: 'RERANKER',
  /** A check that can stop or change a conversation. */
  GUARDRAIL: 'GUARDRAIL',
  /** A judgement on an output. */
  EVALUATOR: 'EVALUATOR',
  /** The rendering of a prompt template. */
  PROMPT: 'PROMPT',
} as const;

/** One of the values of `openinference.span.kind`. */
export type SpanKindValue = (typeof SpanKindValues)[keyof typeof SpanKindValues];
