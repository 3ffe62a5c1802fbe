import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import {
  context as contextApi,
  type Attributes,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import { mapProvider } from '../../mapping/providers.js';
import { asText, recordIn, type JsonRecord } from '../../mapping/read-attributes.js';
import type { Identity } from '../../session/identity.js';
import type { SpanKindValue } from '../../semconv/attribute-keys.js';
import { readUsage } from '../../spans/usage.js';
import { AgentRun } from '../agent-run.js';
import type { CallRequest } from '../call-attributes.js';
import {
  contentParts,
  jsonText,
  listIn,
  readMessages,
  recordsIn,
  without,
  type Message,
} from '../messages.js';
import { ModelCall } from '../model-call.js';
import { endStep, isInSession, startStep, type EndStep, type Step } from '../step.js';

/** Generations are agents' work: they call tools and take several steps. The rest is one request. */
export const GENERATION: RegExp = /^ai\.(?:generate|stream)(?:Text|Object)$/u;
const NOT_PARAMETERS =
  'aiVersion callId execute functionId headers instructions messages modelId promptMessages provider providerOptions recordInputs recordOutputs request response timestamp tools'.split(
    ' ',
  );

/** The spans of one call of `generateText()`, `embed()` and so on, from the hooks of version 7. */
export class Operation extends AgentRun {
  /** Of embeddings, which may be asked for at the same time. */
  readonly #embeddings = new Map<unknown, ModelCall>();
  readonly #onEnd: () => void;
  /** A step of a generation, or what reranks. */
  #step: Step | undefined;
  model: ModelCall | undefined;

  /** What to do at each hook after `onStart`, by its name. */
  static readonly hooks: Readonly<Record<string, (of: Operation, event: JsonRecord) => void>> = {
    onStepStart: (of, { stepNumber }) => of.#startStep(`step ${String(stepNumber)}`, 'CHAIN'),
    onStepEnd: (of) => of.#endStep(),
    onStepError: (of, { error }) => {
      of.model?.failed(error);
      of.#step?.span.fail(error);
      of.#endStep();
    },
    onLanguageModelCallStart: (of, event) => of.#startModel(event),
    onLanguageModelCallEnd: (of, event) => of.#endModel(event),
    onObjectStepStart: (of, event) => of.#startModel(event),
    onObjectStepEnd: (of, event) => of.#endModel(event),
    onToolExecutionStart: (of, { toolCall }) => {
      const { toolCallId, toolName, input } = recordIn(toolCall);
      const tool = of.tools.start(of.#inner, toolCallId, toolName, input);
      tool.setAttribute(S.TOOL_PARAMETERS, jsonText(input));
    },
    onToolExecutionEnd: (of, { toolCall, toolOutput }) => {
      const { type, output, error } = recordIn(toolOutput);
      const failure = type === 'tool-error' ? (error ?? 'error') : undefined;
      of.tools.end(recordIn(toolCall)['toolCallId'], output, failure);
    },
    onEmbedStart: (of, event) => of.#startEmbedding(event),
    onEmbedEnd: (of, { embedCallId, usage, modelId }) => {
      const { tokens } = recordIn(usage);
      of.#embeddings.get(embedCallId)?.answered({
        model: asText(modelId),
        usage: typeof tokens === 'number' ? { prompt: tokens } : undefined,
        isComplete: true,
      });
    },
    onRerankStart: (of, event) => {
      const { modelId, query, topN, documents } = event;
      of.#startStep(nameOf('rerank', event), 'RERANKER');
      of.#step?.span.setInput(query).setAttributes({
        [S.RERANKER_MODEL_NAME]: modelId,
        [S.RERANKER_TOP_K]: topN,
        [S.RERANKER_QUERY]: query,
        ...rerankDocuments(documents, undefined),
      });
    },
    onRerankEnd: (of, { ranking }) => {
      of.#step?.span.setAttributes(rerankDocuments(undefined, ranking));
      of.#endStep();
    },
    onEnd: (of, { text, object, recordOutputs }) => {
      if (recordOutputs !== false) of.span.setOutput(asText(text) ?? object);
      of.#end(({ span }) => span.end());
    },
    onAbort: (of) => {
      of.model?.stopped('aborted', { finishReason: 'abort', isComplete: false });
      of.#end(({ span }) =>
        span.setOutcome('aborted').setStopReason('aborted').setFinalized(false).end(),
      );
    },
    onError: (of, { error }) => {
      of.model?.failed(error);
      for (const embedding of of.#embeddings.values()) embedding.failed(error);
      of.#end((step) => endStep(step, undefined, error));
    },
  };

  constructor(tracer: Tracer, id: string, event: JsonRecord, onEnd: () => void) {
    const { runtimeContext, messages, prompt, value, query } = event;
    const isGeneration = GENERATION.test(id);
    const name = asText(event['functionId']);
    const identity = {
      ...identityIn(recordIn(runtimeContext)),
      ...(isInSession(contextApi.active()) && { sessionId: undefined }),
    };
    const kind = isGeneration ? 'AGENT' : 'CHAIN';
    const agentName = isGeneration ? name : undefined;
    super(tracer, startStep(tracer, { name: name ?? id, kind, agentName, identity }));
    this.#onEnd = onEnd;
    this.span.setInput(messages ?? prompt ?? value ?? query);
  }

  get #inner(): Context {
    return this.#step?.context ?? this.context;
  }

  override abandon(): void {
    for (const call of [this.model, ...this.#embeddings.values()]) call?.stopped('abandoned');
    super.abandon();
  }

  protected override beforeEnd(end: EndStep): void {
    this.#onEnd();
    if (this.#step !== undefined) end(this.#step);
  }

  #end(end: EndStep): void {
    this.finishBy(end, end);
  }

  #startStep(name: string, kind: SpanKindValue): void {
    this.#step = startStep(this.tracer, { name, kind, around: this.context });
  }

  #endStep(): void {
    this.#step?.span.end();
    this.#step = undefined;
  }

  #startModel(event: JsonRecord): void {
    const asked = event['messages'] ?? event['promptMessages'];
    const request = {
      ...requestOf(event),
      messages: [...systemMessages(event['instructions']), ...readMessages(asked)],
      tools: listIn(event['tools']),
      parameters: without(event, NOT_PARAMETERS),
    };
    this.model = new ModelCall(this.tracer, nameOf('chat', event), request, this.#inner);
  }

  #endModel(event: JsonRecord): void {
    const { responseId, modelId, finishReason, usage, content, objectText, response } = event;
    const said = content ?? (objectText === undefined ? [] : [{ type: 'text', text: objectText }]);
    const served = recordIn(response);
    this.model?.answered({
      id: asText(responseId ?? served['id']),
      model: asText(served['modelId'] ?? modelId),
      finishReason: asText(finishReason),
      usage: readUsage(usage),
      messages: answerMessage(said),
      isComplete: true,
    });
  }

  #startEmbedding(event: JsonRecord): void {
    const { embedCallId, values, dimensions } = event;
    const request = {
      ...requestOf(event),
      parameters: dimensions === undefined ? {} : { dimensions },
      texts: listIn(values).filter((text) => typeof text === 'string'),
    };
    const call = new ModelCall(this.tracer, nameOf('embed', event), request, this.context);
    this.#embeddings.set(embedCallId, call);
  }
}

function nameOf(operation: string, { modelId }: JsonRecord): string {
  return `${operation} ${asText(modelId) ?? ''}`.trim();
}

function requestOf({ provider, modelId }: JsonRecord): CallRequest {
  return { ...modelProvider(provider), model: asText(modelId) };
}

/** Whose model it is: `openai.chat` and `openai.responses` are OpenAI's. */
export function modelProvider(provider: unknown): Pick<CallRequest, 'system' | 'provider'> {
  const name = asText(provider)?.split('.')[0];
  return mapProvider(name) ?? { system: name ?? 'unknown', provider: name };
}

function systemMessages(instructions: unknown): readonly Message[] {
  if (typeof instructions !== 'string') return readMessages([instructions].flat());
  return readMessages([{ role: 'system', content: instructions }]);
}

/** What a model said: text, thoughts and tool calls. Results of tools are separate messages. */
export function answerMessage(content: unknown): readonly Message[] {
  const parts = contentParts(content).filter(({ type }) => type !== 'tool_call_response');
  return parts.length === 0 ? [] : [{ role: 'assistant', parts }];
}

/** Documents to rank, and those that were found, which are known by their place in the list. */
export function rerankDocuments(documents: unknown, ranking: unknown): Attributes {
  const asked = listIn(documents).map((document, at) => [
    `${S.RERANKER_INPUT_DOCUMENTS}.${at}.${S.DOCUMENT_CONTENT}`,
    jsonText(document) ?? '',
  ]);
  const found = recordsIn(ranking).flatMap(({ index, relevanceScore }, at) => [
    [`${S.RERANKER_OUTPUT_DOCUMENTS}.${at}.${S.DOCUMENT_ID}`, String(index)],
    [`${S.RERANKER_OUTPUT_DOCUMENTS}.${at}.${S.DOCUMENT_SCORE}`, Number(relevanceScore)],
  ]);
  return Object.fromEntries([...asked, ...found]);
}

const SESSION_KEYS = ['sessionId', 'session.id', 'session_id'];
const USER_KEYS = ['userId', 'user.id', 'user_id'];

/** Session and user in the metadata that the application passed; the rest stays metadata. */
export function identityIn(
  passed: JsonRecord,
): Pick<Identity, 'sessionId' | 'userId' | 'metadata'> {
  const read = (keys: readonly string[]): string | undefined =>
    keys.map((key) => asText(passed[key])).find((value) => value !== undefined);
  const metadata = without(passed, [...SESSION_KEYS, ...USER_KEYS]);
  return {
    sessionId: read(SESSION_KEYS),
    userId: read(USER_KEYS),
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
  };
}
