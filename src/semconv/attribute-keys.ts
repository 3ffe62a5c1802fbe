import * as openInference from '@arizeai/openinference-semantic-conventions';
import { CatalystAttr } from './catalyst-attributes.js';
import { GenAiAttr } from './raw-attributes.js';

/**
 * Keys of the attributes that this package documents, under the names users write. The values are
 * OpenInference's; `agent.*` beyond `agent.name`, and `gen_ai.system`, are additions that Catalyst
 * reads.
 */
export interface AttributeKeys {
  /** Kind of the span, one of `SpanKindValues`. */
  readonly SPAN_KIND: typeof openInference.SemanticConventions.OPENINFERENCE_SPAN_KIND;

  /** What went in, as text or JSON. */
  readonly INPUT_VALUE: typeof openInference.INPUT_VALUE;
  /** `text/plain` or `application/json`. */
  readonly INPUT_MIME_TYPE: typeof openInference.INPUT_MIME_TYPE;
  /** What came out, as text or JSON. */
  readonly OUTPUT_VALUE: typeof openInference.OUTPUT_VALUE;
  /** `text/plain` or `application/json`. */
  readonly OUTPUT_MIME_TYPE: typeof openInference.OUTPUT_MIME_TYPE;

  /** Model that answered, else the one asked for. */
  readonly MODEL_NAME: typeof openInference.LLM_MODEL_NAME;
  /** Provider or framework by OpenTelemetry's older name; `LLM_SYSTEM` and `LLM_PROVIDER` tell the two apart. */
  readonly SYSTEM: typeof GenAiAttr.SYSTEM;
  /** Product family of the model, for example `openai` or `vertexai`. */
  readonly LLM_SYSTEM: typeof openInference.LLM_SYSTEM;
  /** Who hosts the model, for example `azure` or `groq`. */
  readonly LLM_PROVIDER: typeof openInference.LLM_PROVIDER;
  /** Parameters of the model call, JSON. */
  readonly INVOCATION_PARAMETERS: typeof openInference.LLM_INVOCATION_PARAMETERS;
  /** Prefix of the tools offered to the model. */
  readonly LLM_TOOLS: typeof openInference.LLM_TOOLS;
  /** Why the model stopped. */
  readonly FINISH_REASON: typeof openInference.LLM_FINISH_REASON;

  /** Tokens of the prompt, cached and audio ones included. */
  readonly TOKEN_COUNT_PROMPT: typeof openInference.LLM_TOKEN_COUNT_PROMPT;
  /** Tokens of the completion, reasoning and audio ones included. */
  readonly TOKEN_COUNT_COMPLETION: typeof openInference.LLM_TOKEN_COUNT_COMPLETION;
  /** Prompt and completion together. */
  readonly TOKEN_COUNT_TOTAL: typeof openInference.LLM_TOKEN_COUNT_TOTAL;
  /** Tokens of the prompt that came from a cache. */
  readonly TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ: typeof openInference.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ;
  /** Tokens of the prompt that were written to a cache. */
  readonly TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE: typeof openInference.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE;
  /** Audio tokens of the prompt. */
  readonly TOKEN_COUNT_PROMPT_DETAILS_AUDIO: typeof openInference.LLM_TOKEN_COUNT_PROMPT_DETAILS_AUDIO;
  /** Reasoning tokens of the completion. */
  readonly TOKEN_COUNT_COMPLETION_DETAILS_REASONING: typeof openInference.LLM_TOKEN_COUNT_COMPLETION_DETAILS_REASONING;
  /** Audio tokens of the completion. */
  readonly TOKEN_COUNT_COMPLETION_DETAILS_AUDIO: typeof openInference.LLM_TOKEN_COUNT_COMPLETION_DETAILS_AUDIO;

  /** Stable identity of an agent: runs are grouped by it. */
  readonly AGENT_ID: typeof CatalystAttr.AGENT_ID;
  /** Name of an agent as people read it. */
  readonly AGENT_NAME: typeof openInference.AGENT_NAME;
  /** What an agent is for. */
  readonly AGENT_ROLE: typeof CatalystAttr.AGENT_ROLE;
  /** Tool calls of a run. */
  readonly AGENT_TOOL_CALL_COUNT: typeof CatalystAttr.AGENT_TOOL_CALL_COUNT;
  /** Model calls of a run. */
  readonly AGENT_LLM_CALL_COUNT: typeof CatalystAttr.AGENT_LLM_CALL_COUNT;
  /** How a run went. */
  readonly AGENT_OUTCOME: typeof CatalystAttr.AGENT_OUTCOME;
  /** Why a run stopped. */
  readonly AGENT_STOP_REASON: typeof CatalystAttr.AGENT_STOP_REASON;
  /** Whether a run reached its end. */
  readonly AGENT_FINALIZED: typeof CatalystAttr.AGENT_FINALIZED;

  /** What a model call is for, for example `summary`. */
  readonly USE_CASE: typeof CatalystAttr.USE_CASE;
  /** Where in the application a model call is made. */
  readonly CALL_SITE: typeof CatalystAttr.CALL_SITE;

  /** Name of a tool. */
  readonly TOOL_NAME: typeof openInference.TOOL_NAME;
  /** What a tool is said to do. */
  readonly TOOL_DESCRIPTION: typeof openInference.TOOL_DESCRIPTION;
  /** Schema of a tool's parameters, JSON. */
  readonly TOOL_PARAMETERS: typeof openInference.TOOL_PARAMETERS;
  /** Id of one call of a tool. */
  readonly TOOL_CALL_ID: typeof openInference.TOOL_CALL_ID;

  /** Conversation that a span belongs to. */
  readonly SESSION_ID: typeof openInference.SESSION_ID;
  /** Who is served. */
  readonly USER_ID: typeof openInference.USER_ID;
  /** Anything else, a JSON object. */
  readonly METADATA: typeof openInference.METADATA;
  /** Tags, an array of strings. */
  readonly TAG_TAGS: typeof openInference.TAG_TAGS;
}

/** Keys of the documented attributes, for `setAttribute`: `handle.setAttribute(Attr.USER_ID, id)`. */
export const Attr: AttributeKeys = {
  SPAN_KIND: openInference.SemanticConventions.OPENINFERENCE_SPAN_KIND,
  INPUT_VALUE: openInference.INPUT_VALUE,
  INPUT_MIME_TYPE: openInference.INPUT_MIME_TYPE,
  OUTPUT_VALUE: openInference.OUTPUT_VALUE,
  OUTPUT_MIME_TYPE: openInference.OUTPUT_MIME_TYPE,
  MODEL_NAME: openInference.LLM_MODEL_NAME,
  SYSTEM: GenAiAttr.SYSTEM,
  LLM_SYSTEM: openInference.LLM_SYSTEM,
  LLM_PROVIDER: openInference.LLM_PROVIDER,
  INVOCATION_PARAMETERS: openInference.LLM_INVOCATION_PARAMETERS,
  LLM_TOOLS: openInference.LLM_TOOLS,
  FINISH_REASON: openInference.LLM_FINISH_REASON,
  TOKEN_COUNT_PROMPT: openInference.LLM_TOKEN_COUNT_PROMPT,
  TOKEN_COUNT_COMPLETION: openInference.LLM_TOKEN_COUNT_COMPLETION,
  TOKEN_COUNT_TOTAL: openInference.LLM_TOKEN_COUNT_TOTAL,
  TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ: openInference.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_READ,
  TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE: openInference.LLM_TOKEN_COUNT_PROMPT_DETAILS_CACHE_WRITE,
  TOKEN_COUNT_PROMPT_DETAILS_AUDIO: openInference.LLM_TOKEN_COUNT_PROMPT_DETAILS_AUDIO,
  TOKEN_COUNT_COMPLETION_DETAILS_REASONING:
    openInference.LLM_TOKEN_COUNT_COMPLETION_DETAILS_REASONING,
  TOKEN_COUNT_COMPLETION_DETAILS_AUDIO: openInference.LLM_TOKEN_COUNT_COMPLETION_DETAILS_AUDIO,
  AGENT_ID: CatalystAttr.AGENT_ID,
  AGENT_NAME: openInference.AGENT_NAME,
  AGENT_ROLE: CatalystAttr.AGENT_ROLE,
  AGENT_TOOL_CALL_COUNT: CatalystAttr.AGENT_TOOL_CALL_COUNT,
  AGENT_LLM_CALL_COUNT: CatalystAttr.AGENT_LLM_CALL_COUNT,
  AGENT_OUTCOME: CatalystAttr.AGENT_OUTCOME,
  AGENT_STOP_REASON: CatalystAttr.AGENT_STOP_REASON,
  AGENT_FINALIZED: CatalystAttr.AGENT_FINALIZED,
  USE_CASE: CatalystAttr.USE_CASE,
  CALL_SITE: CatalystAttr.CALL_SITE,
  TOOL_NAME: openInference.TOOL_NAME,
  TOOL_DESCRIPTION: openInference.TOOL_DESCRIPTION,
  TOOL_PARAMETERS: openInference.TOOL_PARAMETERS,
  TOOL_CALL_ID: openInference.TOOL_CALL_ID,
  SESSION_ID: openInference.SESSION_ID,
  USER_ID: openInference.USER_ID,
  METADATA: openInference.METADATA,
  TAG_TAGS: openInference.TAG_TAGS,
};

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
