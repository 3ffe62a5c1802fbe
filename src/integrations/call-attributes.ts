import {
  MimeType,
  OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { asFiniteNumber, isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import { lastTextOf, toolCallsText } from '../mapping/conversation.js';
import { EMPTY_CONTEXT } from '../mapping/mapping-context.js';
import { INPUT_MESSAGES, OUTPUT_MESSAGES, putMessages } from '../mapping/messages.js';
import { SpanMapping } from '../mapping/span-mapping.js';
import { serializeValue } from '../spans/serialize-value.js';
import { usageAttributes, withTotal, type NormalizedUsage } from '../spans/usage.js';

/** A message of OpenTelemetry's GenAI format, which the mapping writes as OpenInference. */
export interface Message {
  readonly role: string;
  readonly name?: string | undefined;
  readonly parts: readonly MessagePart[];
}

/**
 * `text` and `reasoning` with `content` (and `signature`), `tool_call` with `id`, `name` and
 * `arguments`, `tool_call_response` with `id` and `response`, `uri` and `blob` with `modality`.
 * Arguments and responses are text. A part of any other type is kept as JSON.
 */
export type MessagePart = Readonly<Record<string, unknown>> & { readonly type: string };

/** A model call as it was asked for, in one form for all SDKs. */
export interface CallRequest {
  readonly model: string | undefined;
  readonly system: string;
  readonly provider: string | undefined;
  readonly messages: readonly Message[];
  readonly tools: readonly unknown[];
  /** Everything else that was asked, as the SDK took it. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Texts to embed, of an embedding call. */
  readonly texts?: readonly string[] | undefined;
}

/** What came of a model call, in one form for all SDKs; partial when the answer broke off. */
export interface CallAnswer {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly finishReason?: string | undefined;
  /** What is billed; absent when that is not known. */
  readonly usage?: NormalizedUsage | undefined;
  readonly messages: readonly Message[];
  /** Whether the model finished: a consumer that stops reading then has missed nothing. */
  readonly isComplete: boolean;
  /** Why the provider says that it failed, of an answer that is no exception. */
  readonly error?: string | undefined;
}

type Pairs = readonly (readonly [key: string, value: unknown])[];

/** What is known of a call at its start. Small: it goes before everything else. */
export function startAttributes(request: CallRequest): Attributes {
  const isEmbedding = request.texts !== undefined;
  const kind = isEmbedding ? OpenInferenceSpanKind.EMBEDDING : OpenInferenceSpanKind.LLM;
  const modelKeys = isEmbedding
    ? [S.EMBEDDING_MODEL_NAME]
    : [S.LLM_MODEL_NAME, S.LLM_REQUEST_MODEL_NAME];
  return defined([
    [S.OPENINFERENCE_SPAN_KIND, kind],
    ...modelKeys.map((key) => [key, request.model] as const),
    [S.LLM_SYSTEM, request.system],
    [S.LLM_PROVIDER, request.provider],
  ]);
}

/** What went in, in short. */
export function inputAttributes({ messages, texts }: CallRequest): Attributes {
  const asked = lastTextOf(messages, 'user') ?? lastTextOf(messages, 'system');
  if (texts === undefined || texts.length === 1) return ioAttributes('input', asked ?? texts?.[0]);
  return ioAttributes('input', JSON.stringify(texts), MimeType.JSON);
}

/** The call in full. Last on the span: a backend that cuts by count loses the newest text first. */
export function requestAttributes(request: CallRequest): Attributes {
  const { parameters, tools, texts } = request;
  const isEmbedding = texts !== undefined;
  const parameterKey = isEmbedding ? EMBEDDING_PARAMETERS : S.LLM_INVOCATION_PARAMETERS;
  const hasParameters = Object.keys(parameters).length > 0;
  return defined([
    [parameterKey, hasParameters ? serializeValue(parameters)?.text : undefined],
    ...(texts ?? []).map((text, at) => [`${EMBEDDINGS}.${at}.${S.EMBEDDING_TEXT}`, text] as const),
    ...messagePairs(INPUT_MESSAGES, request.messages),
    ...tools.map(
      (tool, at) => [`${S.LLM_TOOLS}.${at}.${S.TOOL_JSON_SCHEMA}`, jsonText(tool)] as const,
    ),
  ]);
}

/** What came back: tokens and finish reason first, the text last. */
export function answerAttributes(answer: CallAnswer): Attributes {
  const said = lastTextOf(answer.messages, 'assistant');
  const output =
    said === undefined
      ? ioAttributes('output', toolCallsText(answer.messages), MimeType.JSON)
      : ioAttributes('output', said);
  return defined([
    [S.LLM_MODEL_NAME, answer.model],
    [S.LLM_RESPONSE_MODEL_NAME, answer.model],
    ...countAttributes(answer.usage),
    [S.LLM_FINISH_REASON, answer.finishReason],
    ['gen_ai.response.id', answer.id],
    ...Object.entries(output),
    ...messagePairs(OUTPUT_MESSAGES, answer.messages),
  ]);
}

/** Of an embedding nothing but its size is worth sending: vectors never are. */
export function embeddingAnswerAttributes({ model, usage }: CallAnswer): Attributes {
  return defined([[S.EMBEDDING_MODEL_NAME, model], ...countAttributes(usage)]);
}

/** Tokens of one call. Nothing for 0 in and 0 out, which is a call that failed; no detail of 0. */
export function countAttributes(usage: NormalizedUsage | undefined): Pairs {
  if (usage === undefined || ((usage.prompt ?? 0) === 0 && (usage.completion ?? 0) === 0))
    return [];
  return usageAttributes(withTotal(usage)).filter(
    ([key, count]) => count > 0 || !key.includes('_details.'),
  );
}

/** Usage of an SDK that reports input, cache reads and cache writes side by side. */
export function sideBySide(
  read: (part: 'input' | 'output' | 'cacheRead' | 'cacheWrite' | 'reasoning') => unknown,
): NormalizedUsage {
  const count = (part: Parameters<typeof read>[0]): number => asFiniteNumber(read(part)) ?? 0;
  const cacheRead = count('cacheRead');
  const cacheWrite = count('cacheWrite');
  return {
    prompt: count('input') + cacheRead + cacheWrite,
    completion: count('output'),
    cacheRead,
    cacheWrite,
    reasoning: count('reasoning'),
  };
}

/** JSON text of anything: never throws, for an object that JSON cannot say either. */
export function jsonText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : serializeValue(value)?.text;
}

/** The text of a tool's result: text parts together, anything else as JSON. */
export function textOf(content: unknown): string | undefined {
  const parts = recordsIn(content);
  const texts = parts.map(({ text }) => text);
  if (parts.length > 0 && texts.every((text) => typeof text === 'string')) return texts.join('\n');
  return jsonText(content);
}

/** The members of a list; none of what is no list. */
export function listIn(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The objects of a list. */
export function recordsIn(value: unknown): readonly JsonRecord[] {
  return listIn(value).filter(isRecord);
}

/** Leaves keys of a request out, and those that were not set. */
export function without(
  body: Readonly<Record<string, unknown>>,
  keys: readonly string[],
): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(body).filter(([key, value]) => value !== undefined && !keys.includes(key)),
  );
}

const EMBEDDINGS = S.EMBEDDING_EMBEDDINGS;
const EMBEDDING_PARAMETERS = 'embedding.invocation_parameters';

function ioAttributes(
  side: 'input' | 'output',
  value: string | undefined,
  mimeType: `${MimeType}` = MimeType.TEXT,
): Attributes {
  if (value === undefined) return {};
  return { [`${side}.value`]: value, [`${side}.mime_type`]: mimeType };
}

function messagePairs(prefix: string, messages: readonly Message[]): Pairs {
  const mapping = new SpanMapping('', '', {}, EMPTY_CONTEXT);
  putMessages(mapping, prefix, messages);
  return mapping.entries.map(({ key, value }) => [key, value]);
}

function defined(pairs: Pairs): Attributes {
  return Object.fromEntries(
    pairs.filter((pair): pair is [string, AttributeValue] => pair[1] !== undefined),
  );
}
