import {
  LLMSystem,
  MimeType,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import type { Attributes, AttributeValue } from '@opentelemetry/api';
import { lastTextOf, toolCallsText } from '../mapping/conversation.js';
import type { AttributeEntry } from '../mapping/mapped-span.js';
import {
  addMessages,
  INPUT_MESSAGES,
  OUTPUT_MESSAGES,
  type MessageSide,
} from '../mapping/messages.js';
import { mapProvider } from '../mapping/providers.js';
import { asFiniteNumber, parseJson, type JsonRecord } from '../mapping/read-attributes.js';
import { serializeValue } from '../spans/serialize-value.js';
import { usageAttributes, withTotal, type NormalizedUsage } from '../spans/usage.js';
import { guard } from './integration.js';
import { jsonText, type Message } from './messages.js';

/** A model call as it was asked for, in one form for all SDKs. */
export interface CallRequest {
  readonly model: string | undefined;
  readonly system: string;
  readonly provider: string | undefined;
  readonly messages?: readonly Message[];
  readonly tools?: readonly unknown[];
  /** Everything else that was asked, as the SDK took it. */
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly texts?: readonly string[] | undefined;
}

/** What came of a model call, in one form for all SDKs; partial when the answer broke off. */
export interface CallAnswer {
  readonly id?: string | undefined;
  readonly model?: string | undefined;
  readonly finishReason?: string | undefined;
  /** What is billed; absent when that is not known. */
  readonly usage?: NormalizedUsage | undefined;
  /** What it cost in USD, where the SDK knows: `llm.cost.*`. */
  readonly cost?: Attributes | undefined;
  readonly messages?: readonly Message[];
  /** Whether the model finished: a consumer that stops reading then has missed nothing. */
  readonly isComplete: boolean;
  /** Why the provider says that it failed, of an answer that is no exception. */
  readonly error?: string | undefined;
}

type Pairs = readonly (readonly [key: string, value: unknown])[];

const EMBEDDINGS = S.EMBEDDING_EMBEDDINGS;
const EMBEDDING_PARAMETERS = 'embedding.invocation_parameters';

/** What is known of a call at its start. Small: it goes before everything else. */
export function startAttributes({ model, system, provider, texts }: CallRequest): Attributes {
  const isEmbedding = texts !== undefined;
  return defined([
    [S.OPENINFERENCE_SPAN_KIND, isEmbedding ? 'EMBEDDING' : 'LLM'],
    ...(isEmbedding
      ? [[S.EMBEDDING_MODEL_NAME, model] as const]
      : [[S.LLM_MODEL_NAME, model] as const, [S.LLM_REQUEST_MODEL_NAME, model] as const]),
    [S.LLM_SYSTEM, system],
    [S.LLM_PROVIDER, provider],
  ]);
}

export function inputAttributes({ messages = [], texts }: CallRequest): Attributes {
  const asked = lastTextOf(messages, 'user') ?? lastTextOf(messages, 'system');
  if (texts === undefined || texts.length === 1) return ioAttributes('input', asked ?? texts?.[0]);
  return ioAttributes('input', JSON.stringify(texts), MimeType.JSON);
}

/** The call in full. Last on the span: a backend that cuts by count loses the newest text first. */
export function requestAttributes(request: CallRequest): Attributes {
  const { parameters = {}, tools = [], messages = [], texts } = request;
  const parameterKey = texts === undefined ? S.LLM_INVOCATION_PARAMETERS : EMBEDDING_PARAMETERS;
  const hasParameters = Object.keys(parameters).length > 0;
  return defined([
    [parameterKey, hasParameters ? serializeValue(parameters)?.text : undefined],
    ...(texts ?? []).map((text, at) => [`${EMBEDDINGS}.${at}.${S.EMBEDDING_TEXT}`, text] as const),
    ...messagePairs(INPUT_MESSAGES, messages),
    ...tools.map(
      (tool, at) => [`${S.LLM_TOOLS}.${at}.${S.TOOL_JSON_SCHEMA}`, jsonText(tool)] as const,
    ),
  ]);
}

/**
 * What came back: tokens and finish reason first, the text last. Of an embedding nothing but its size
 * is worth sending: vectors never are.
 */
export function answerAttributes(answer: CallAnswer, isEmbedding = false): Attributes {
  const { model, usage, messages = [] } = answer;
  if (isEmbedding) return defined([[S.EMBEDDING_MODEL_NAME, model], ...countAttributes(usage)]);
  return defined([
    [S.LLM_MODEL_NAME, model],
    [S.LLM_RESPONSE_MODEL_NAME, model],
    ...countAttributes(usage),
    ...Object.entries(answer.cost ?? {}),
    [S.LLM_FINISH_REASON, answer.finishReason],
    ['gen_ai.response.id', answer.id],
    ...Object.entries(outputAttributes(answer)),
    ...messagePairs(OUTPUT_MESSAGES, messages),
  ]);
}

/** An answer with what the provider said of it, where that was seen: frameworks drop and add some. */
export function completedBy(answer: CallAnswer, seen: CallAnswer | undefined): CallAnswer {
  return {
    ...answer,
    id: seen?.id ?? answer.id,
    model: seen?.model ?? answer.model,
    finishReason: seen?.finishReason ?? answer.finishReason,
    usage: seen?.usage ?? answer.usage,
    isComplete: answer.isComplete || seen?.isComplete === true,
  };
}

/** What the model said last, else which tools it called. */
export function outputAttributes({ messages = [] }: CallAnswer): Attributes {
  const said = lastTextOf(messages, 'assistant');
  return said === undefined
    ? ioAttributes('output', toolCallsText(messages), MimeType.JSON)
    : ioAttributes('output', said);
}

export function callAttributes(request: CallRequest, answer: CallAnswer): Attributes {
  return {
    ...startAttributes(request),
    ...inputAttributes(request),
    ...answerAttributes(answer, request.texts !== undefined),
    ...requestAttributes(request),
  };
}

/** Tokens of one call. Nothing for 0 in and 0 out, which is a call that failed; no detail of 0. */
function countAttributes(usage: NormalizedUsage | undefined): Pairs {
  if (usage === undefined || ((usage.prompt ?? 0) === 0 && (usage.completion ?? 0) === 0))
    return [];
  return usageAttributes(withTotal(usage)).filter(
    ([key, count]) => count > 0 || !key.includes('_details.'),
  );
}

/** Usage of an SDK that reports input, cache reads and cache writes side by side. */
export function sideBySide(reported: JsonRecord): NormalizedUsage {
  const count = (part: string): number => asFiniteNumber(reported[part]) ?? 0;
  const cacheRead = count('cacheRead');
  const cacheWrite = count('cacheWrite');
  const prompt = count('input') + cacheRead + cacheWrite;
  const reasoning = count('reasoning');
  return { prompt, completion: count('output'), cacheRead, cacheWrite, reasoning };
}

/** Of calls together; without the total, which not every provider reports. */
export function sumOfUsage(
  left: NormalizedUsage | undefined,
  right: NormalizedUsage,
): NormalizedUsage {
  const total: Record<string, number> = {};
  for (const [count, tokens] of [...Object.entries({ ...left }), ...Object.entries(right)])
    if (count !== 'total') total[count] = (total[count] ?? 0) + tokens;
  return total;
}

/**
 * Whose model it is and who hosts it, by the host that a client sends its requests to. One that merely
 * speaks OpenAI's protocol has an unknown provider.
 */
export function modelHost(
  baseUrl: string | undefined,
  system: string = LLMSystem.OPENAI,
): Pick<CallRequest, 'system' | 'provider'> {
  const host =
    baseUrl !== undefined && URL.canParse(baseUrl) ? new URL(baseUrl).hostname : undefined;
  const known = mapProvider(host);
  return known === undefined || known.provider === host ? { system, provider: undefined } : known;
}

/** What went into a step or came out of it, as its SDK has recorded it: JSON text is JSON. */
export function valueAttributes(side: 'input' | 'output', value: unknown): Attributes {
  const text = jsonText(value);
  const parsed = typeof value === 'string' ? parseJson(value) : value;
  const isJson = typeof parsed === 'object' && parsed !== null;
  return ioAttributes(side, text === '' ? undefined : text, isJson ? MimeType.JSON : MimeType.TEXT);
}

export function below(attributes: Attributes, prefix: string): Attributes {
  const own = Object.entries(attributes).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length), value]));
}

function ioAttributes(
  side: 'input' | 'output',
  value: string | undefined,
  mimeType: `${MimeType}` = MimeType.TEXT,
): Attributes {
  if (value === undefined) return {};
  return { [`${side}.value`]: value, [`${side}.mime_type`]: mimeType };
}

function messagePairs(side: MessageSide, messages: readonly Message[]): Pairs {
  const entries: AttributeEntry[] = [];
  // A part of a type that nobody knows may be what JSON cannot say.
  guard(() => addMessages(entries, side, messages));
  return entries.map(({ key, value }) => [key, value]);
}

function defined(pairs: Pairs): Attributes {
  return Object.fromEntries(
    pairs.filter((pair): pair is [string, AttributeValue] => pair[1] !== undefined),
  );
}
