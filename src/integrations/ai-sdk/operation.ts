import {
  OpenInferenceSpanKind as Kind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { context as contextApi, type Context, type Tracer } from '@opentelemetry/api';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { readUsage } from '../../spans/usage.js';
import { abandonStep, isInSession, startStep, startTool, type Step } from '../agent-steps.js';
import { jsonText, listIn, recordsIn, without, type CallRequest } from '../call-attributes.js';
import { ModelCall } from '../model-call.js';
import { closeAtShutdown } from '../open-spans.js';
import { answerMessage, modelMessages, modelProvider } from './messages.js';

/** Generations are agents' work: they call tools and take several steps. The rest is one request. */
const GENERATION = /^ai\.(?:generate|stream)(?:Text|Object)$/u;
const NOT_PARAMETERS =
  'aiVersion callId execute functionId headers instructions messages modelId promptMessages provider providerOptions recordInputs recordOutputs request response timestamp tools'.split(
    ' ',
  );

/** The spans of one call of `generateText()`, `embed()` and so on, from the hooks of version 7. */
export class Operation {
  readonly #tracer: Tracer;
  readonly #root: Step;
  readonly #tools = new Map<unknown, Step>();
  /** Of embeddings, which may be asked for at the same time. */
  readonly #embeddings = new Map<unknown, ModelCall>();
  readonly #forget: () => void;
  #step: Step | undefined;
  #rerank: Step | undefined;
  model: ModelCall | undefined;
  readonly #hooks: Readonly<Record<string, (event: JsonRecord) => void>> = {
    onStepStart: ({ stepNumber }) => {
      this.#step = this.#start(`step ${String(stepNumber)}`, Kind.CHAIN);
    },
    onStepEnd: () => this.#endStep(),
    onStepError: ({ error }) => {
      this.model?.failed(error);
      this.#step?.span.fail(error);
      this.#endStep();
    },
    onLanguageModelCallStart: (event) => this.#startModel(event),
    onLanguageModelCallEnd: (event) => this.#endModel(event),
    onObjectStepStart: (event) => this.#startModel(event),
    onObjectStepEnd: (event) => this.#endModel(event),
    onToolExecutionStart: (event) => this.#startTool(event),
    onToolExecutionEnd: (event) => this.#endTool(event),
    onEmbedStart: (event) => this.#startEmbedding(event),
    onEmbedEnd: (event) => this.#endEmbedding(event),
    onRerankStart: (event) => this.#startRerank(event),
    onRerankEnd: ({ ranking }) => {
      this.#rerank?.span.setAttributes(rankedDocuments(ranking)).end();
      this.#rerank = undefined;
    },
    onEnd: ({ text, object, recordOutputs }) => {
      if (recordOutputs !== false) this.#root.span.setOutput(asText(text) ?? object);
      this.#end(({ span }) => span.end());
    },
    onAbort: () => {
      this.model?.stopped('aborted', { finishReason: 'abort', messages: [], isComplete: false });
      this.#end(({ span }) =>
        span.setOutcome('aborted').setStopReason('aborted').setFinalized(false).end(),
      );
    },
    onError: ({ error }) => {
      this.model?.failed(error);
      for (const embedding of this.#embeddings.values()) embedding.failed(error);
      this.#end(({ span }) => {
        span.fail(error);
        span.end();
      });
    },
  };

  constructor(tracer: Tracer, id: string, event: JsonRecord, onEnd: () => void) {
    const { runtimeContext, messages, prompt, value, query } = event;
    const isGeneration = GENERATION.test(id);
    const name = asText(event['functionId']);
    const around = contextApi.active();
    this.#tracer = tracer;
    this.#root = startStep(tracer, {
      name: name ?? id,
      kind: isGeneration ? Kind.AGENT : Kind.CHAIN,
      around,
      identity: {
        ...identityIn(isRecord(runtimeContext) ? runtimeContext : {}),
        ...(isInSession(around) && { sessionId: undefined }),
        ...(isGeneration &&
          name !== undefined && { agent: { id: undefined, name, role: undefined } }),
      },
    });
    this.#root.span.setInput(messages ?? prompt ?? value ?? query);
    const forget = closeAtShutdown(this.#root.span, () => {
      this.model?.stopped('abandoned');
      for (const embedding of this.#embeddings.values()) embedding.stopped('abandoned');
      this.#end(abandonStep);
    });
    this.#forget = () => {
      forget();
      onEnd();
    };
  }

  toolContext(id: unknown): Context | undefined {
    return this.#tools.get(id)?.context;
  }

  /** An event of a hook. */
  see(hook: string, event: JsonRecord): void {
    this.#hooks[hook]?.(event);
  }

  /** Ends what is open, the innermost first. Ended spans take no notice. */
  #end(end: (step: Step) => void): void {
    this.#forget();
    for (const step of [...this.#tools.values(), this.#rerank, this.#step, this.#root])
      if (step !== undefined) end(step);
  }

  #start(name: string, kind: Kind): Step {
    return startStep(this.#tracer, { name, kind, around: this.#root.context });
  }

  #endStep(): void {
    this.#step?.span.end();
    this.#step = undefined;
  }

  #startModel(event: JsonRecord): void {
    const { context } = this.#step ?? this.#root;
    const request = {
      ...requestOf(event),
      messages: modelMessages(event['instructions'], event['messages'] ?? event['promptMessages']),
      tools: listIn(event['tools']),
      parameters: without(event, NOT_PARAMETERS),
    };
    this.model = new ModelCall(this.#tracer, nameOf('chat', event), request, context);
  }

  #endModel(event: JsonRecord): void {
    const { responseId, modelId, finishReason, usage, content, objectText, response } = event;
    const said = content ?? (objectText === undefined ? [] : [{ type: 'text', text: objectText }]);
    const served = isRecord(response) ? response : {};
    this.model?.answered({
      id: asText(responseId ?? served['id']),
      model: asText(served['modelId'] ?? modelId),
      finishReason: asText(finishReason),
      usage: readUsage(usage),
      messages: answerMessage(said),
      isComplete: true,
    });
  }

  #startTool({ toolCall }: JsonRecord): void {
    if (!isRecord(toolCall)) return;
    const { toolCallId, toolName, input } = toolCall;
    const call = { name: asText(toolName) ?? 'tool', id: asText(toolCallId), input };
    const tool = startTool(this.#tracer, (this.#step ?? this.#root).context, call);
    tool.span.setAttribute(S.TOOL_PARAMETERS, jsonText(input));
    this.#tools.set(toolCallId, tool);
  }

  #endTool({ toolCall, toolOutput }: JsonRecord): void {
    const id = isRecord(toolCall) ? toolCall['toolCallId'] : undefined;
    const span = this.#tools.get(id)?.span;
    this.#tools.delete(id);
    const result = isRecord(toolOutput) ? toolOutput : {};
    if (result['type'] === 'tool-error') span?.fail(result['error']);
    else span?.setOutput(result['output']);
    span?.end();
  }

  #startEmbedding(event: JsonRecord): void {
    const { embedCallId, values, dimensions } = event;
    const request = {
      ...requestOf(event),
      parameters: dimensions === undefined ? {} : { dimensions },
      texts: listIn(values).filter((text) => typeof text === 'string'),
    };
    const { context } = this.#root;
    const call = new ModelCall(this.#tracer, nameOf('embed', event), request, context);
    this.#embeddings.set(embedCallId, call);
  }

  #endEmbedding({ embedCallId, usage, modelId }: JsonRecord): void {
    const tokens = isRecord(usage) ? usage['tokens'] : undefined;
    this.#embeddings.get(embedCallId)?.answered({
      model: asText(modelId),
      usage: typeof tokens === 'number' ? { prompt: tokens } : undefined,
      messages: [],
      isComplete: true,
    });
  }

  #startRerank(event: JsonRecord): void {
    const { modelId, query, topN, documents } = event;
    this.#rerank = this.#start(nameOf('rerank', event), Kind.RERANKER);
    this.#rerank.span.setInput(query).setAttributes({
      [S.RERANKER_MODEL_NAME]: modelId,
      [S.RERANKER_TOP_K]: topN,
      [S.RERANKER_QUERY]: query,
      ...inputDocuments(documents),
    });
  }
}

function nameOf(operation: string, { modelId }: JsonRecord): string {
  return `${operation} ${asText(modelId) ?? ''}`.trim();
}

function requestOf({ provider, modelId }: JsonRecord): CallRequest {
  const model = asText(modelId);
  return { ...modelProvider(provider), model, messages: [], tools: [], parameters: {} };
}

export function inputDocuments(documents: unknown): Readonly<Record<string, string>> {
  const prefix = S.RERANKER_INPUT_DOCUMENTS;
  return Object.fromEntries(
    listIn(documents).map((document, at) => [
      `${prefix}.${at}.${S.DOCUMENT_CONTENT}`,
      jsonText(document) ?? '',
    ]),
  );
}

/** A document that was found is known by its place in the list. */
export function rankedDocuments(ranking: unknown): Readonly<Record<string, string | number>> {
  const prefix = S.RERANKER_OUTPUT_DOCUMENTS;
  return Object.fromEntries(
    recordsIn(ranking).flatMap(({ index, relevanceScore }, at) => [
      [`${prefix}.${at}.${S.DOCUMENT_ID}`, String(index)],
      [`${prefix}.${at}.${S.DOCUMENT_SCORE}`, Number(relevanceScore)],
    ]),
  );
}

const SESSION_KEYS = ['sessionId', 'session.id', 'session_id'];
const USER_KEYS = ['userId', 'user.id', 'user_id'];

/** Session and user in the metadata that the application passed; the rest stays metadata. */
export function identityIn(passed: JsonRecord): {
  readonly sessionId: string | undefined;
  readonly userId: string | undefined;
  readonly metadata: JsonRecord | undefined;
} {
  const read = (keys: readonly string[]): string | undefined =>
    keys.map((key) => asText(passed[key])).find((value) => value !== undefined);
  const metadata = without(passed, [...SESSION_KEYS, ...USER_KEYS]);
  return {
    sessionId: read(SESSION_KEYS),
    userId: read(USER_KEYS),
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
  };
}
