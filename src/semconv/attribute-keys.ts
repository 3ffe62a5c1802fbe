/**
 * Keys of the documented attributes under the names users write, for `setAttribute`:
 * `handle.setAttribute(Attr.USER_ID, id)`. The values are OpenInference's; `agent.*` beyond
 * `agent.name`, and `gen_ai.system`, are additions that Catalyst reads.
 */
export const Attr = {
  /** Kind of the span, one of `SpanKindValues`. */
  SPAN_KIND: 'openinference.span.kind',

  /** What went in, as text or JSON. */
  INPUT_VALUE: 'input.value',
  /** `text/plain` or `application/json`. */
  INPUT_MIME_TYPE: 'input.mime_type',
  /** What came out, as text or JSON. */
  OUTPUT_VALUE: 'output.value',
  /** `text/plain` or `application/json`. */
  OUTPUT_MIME_TYPE: 'output.mime_type',

  /** Model that answered, else the one asked for. */
  MODEL_NAME: 'llm.model_name',
  /** Provider or framework by OpenTelemetry's older name; `LLM_SYSTEM` and `LLM_PROVIDER` tell the two apart. */
  SYSTEM: 'gen_ai.system',
  /** Product family of the model, for example `openai` or `vertexai`. */
  LLM_SYSTEM: 'llm.system',
  /** Who hosts the model, for example `azure` or `groq`. */
  LLM_PROVIDER: 'llm.provider',
  /** Parameters of the model call, JSON. */
  INVOCATION_PARAMETERS: 'llm.invocation_parameters',
  /** Prefix of the tools offered to the model. */
  LLM_TOOLS: 'llm.tools',
  /** Why the model stopped. */
  FINISH_REASON: 'llm.finish_reason',

  /** Tokens of the prompt, cached and audio ones included. */
  TOKEN_COUNT_PROMPT: 'llm.token_count.prompt',
  /** Tokens of the completion, reasoning and audio ones included. */
  TOKEN_COUNT_COMPLETION: 'llm.token_count.completion',
  /** Prompt and completion together. */
  TOKEN_COUNT_TOTAL: 'llm.token_count.total',
  /** Tokens of the prompt that came from a cache. */
  TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ: 'llm.token_count.prompt_details.cache_read',
  /** Tokens of the prompt that were written to a cache. */
  TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE: 'llm.token_count.prompt_details.cache_write',
  /** Audio tokens of the prompt. */
  TOKEN_COUNT_PROMPT_DETAILS_AUDIO: 'llm.token_count.prompt_details.audio',
  /** Reasoning tokens of the completion. */
  TOKEN_COUNT_COMPLETION_DETAILS_REASONING: 'llm.token_count.completion_details.reasoning',
  /** Audio tokens of the completion. */
  TOKEN_COUNT_COMPLETION_DETAILS_AUDIO: 'llm.token_count.completion_details.audio',

  /** Stable identity of an agent: runs are grouped by it. */
  AGENT_ID: 'agent.id',
  /** Name of an agent as people read it. */
  AGENT_NAME: 'agent.name',
  /** What an agent is for. */
  AGENT_ROLE: 'agent.role',
  /** Tool calls of a run. */
  AGENT_TOOL_CALL_COUNT: 'agent.tool_call_count',
  /** Model calls of a run. */
  AGENT_LLM_CALL_COUNT: 'agent.llm_call_count',
  /** How a run went. */
  AGENT_OUTCOME: 'agent.outcome',
  /** Why a run stopped. */
  AGENT_STOP_REASON: 'agent.stop_reason',
  /** Whether a run reached its end. */
  AGENT_FINALIZED: 'agent.finalized',

  /** What a model call is for, for example `summary`. */
  USE_CASE: 'llm.use_case',
  /** Where in the application a model call is made. */
  CALL_SITE: 'llm.call_site',

  /** Name of a tool. */
  TOOL_NAME: 'tool.name',
  /** What a tool is said to do. */
  TOOL_DESCRIPTION: 'tool.description',
  /** Schema of a tool's parameters, JSON. */
  TOOL_PARAMETERS: 'tool.parameters',
  /** Id of one call of a tool. */
  TOOL_CALL_ID: 'tool_call.id',

  /** Conversation that a span belongs to. */
  SESSION_ID: 'session.id',
  /** Who is served. */
  USER_ID: 'user.id',
  /** Anything else, a JSON object. */
  METADATA: 'metadata',
  /** Tags, an array of strings. */
  TAG_TAGS: 'tag.tags',
} as const;

/** {@link Attr}: each key under its name. */
export type AttributeKeys = typeof Attr;

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
