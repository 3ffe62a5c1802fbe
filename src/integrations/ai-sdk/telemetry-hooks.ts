import {
  OpenInferenceSpanKind as Kind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { liveSetup } from '../../live-tracing.js';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { abandonStep, isInSession, startStep, startTool, type Step } from '../agent-steps.js';
import { jsonText, listIn, without, type CallRequest } from '../call-attributes.js';
import { guard, ModelCall } from '../model-call.js';
import { closeAtShutdown } from '../open-spans.js';
import { modelMessages, modelProvider } from './messages.js';
import {
  endEmbedding,
  endModel,
  endRerank,
  endStep,
  endTool,
  identityIn,
  inputDocuments,
  stepsOf,
  type Operation,
} from './operation.js';

/** Generations are agents' work: they call tools and take several steps. The rest is one request. */
const GENERATIONS: ReadonlySet<string> = new Set([
  'ai.generateText',
  'ai.streamText',
  'ai.generateObject',
  'ai.streamObject',
]);
const NOT_PARAMETERS =
  'aiVersion callId execute functionId headers instructions messages modelId promptMessages provider providerOptions recordInputs recordOutputs request response timestamp tools'.split(
    ' ',
  );

/**
 * A telemetry integration of the AI SDK 7 (`Telemetry` of `ai`). The SDK hands everything of one call
 * the same `callId`, tells what it was allowed to record, and swallows what a hook throws.
 *
 * Version 6 finds integrations in the same place, calls them for calls whose telemetry is off, and
 * tells them nothing of failures: its own spans are mapped instead. Its events have no `callId`.
 */
export class TelemetryHooks {
  readonly #tracer: Tracer | undefined;
  readonly #operations = new Map<unknown, Operation>();
  #isOn = true;

  /** Without a tracer: that of the live tracing, at the time of the call. */
  constructor(tracer: Tracer | undefined) {
    this.#tracer = tracer;
    for (const [name, hook] of Object.entries(this.#hooks())) Reflect.set(this, name, hook);
  }

  /** What has begun goes on to its end. */
  stop(): void {
    this.#isOn = false;
  }

  executeLanguageModelCall<T>(call: {
    callId: string;
    execute: () => PromiseLike<T>;
  }): PromiseLike<T> {
    const model = this.#operations.get(call.callId)?.model;
    return model === undefined ? call.execute() : model.run(call.execute);
  }

  executeTool<T>(call: {
    callId: string;
    toolCallId: string;
    execute: () => PromiseLike<T>;
  }): PromiseLike<T> {
    const tool = this.#operations.get(call.callId)?.tools.get(call.toolCallId);
    return tool === undefined ? call.execute() : contextApi.with(tool.context, call.execute);
  }

  #hooks(): Readonly<Record<string, (event: unknown) => void>> {
    const hook =
      (handle: (operation: Operation, event: JsonRecord) => void) =>
      (event: unknown): void => {
        guard(() => {
          const operation = isRecord(event) ? this.#operations.get(event['callId']) : undefined;
          if (isRecord(event) && operation !== undefined) handle(operation, event);
        });
      };
    const startModel = (operation: Operation, event: JsonRecord): void => {
      operation.model = this.#startModel(operation, event);
    };
    return {
      onStart: (event) => {
        guard(() => this.#onStart(event));
      },
      onStepStart: hook((operation, event) => this.#startStep(operation, event)),
      onLanguageModelCallStart: hook(startModel),
      onLanguageModelCallEnd: hook(endModel),
      onObjectStepStart: hook(startModel),
      onObjectStepEnd: hook(endModel),
      onToolExecutionStart: hook((operation, event) => this.#startTool(operation, event)),
      onToolExecutionEnd: hook(endTool),
      onStepEnd: hook((operation) => endStep(operation)),
      onStepError: hook((operation, { error }) => {
        operation.model?.failed(error);
        operation.step?.span.fail(error);
        endStep(operation);
      }),
      onEmbedStart: hook((operation, event) => this.#startEmbedding(operation, event)),
      onEmbedEnd: hook(endEmbedding),
      onRerankStart: hook((operation, event) => this.#startRerank(operation, event)),
      onRerankEnd: hook(endRerank),
      onEnd: hook((operation, event) => {
        const { text, object } = event;
        if (event['recordOutputs'] !== false) operation.root.span.setOutput(asText(text) ?? object);
        this.#end(operation, event, ({ span }) => span.end());
      }),
      onAbort: hook((operation, event) => {
        operation.model?.stopped('aborted', {
          finishReason: 'abort',
          messages: [],
          isComplete: false,
        });
        this.#end(operation, event, (step) => {
          step.span.setOutcome('aborted').setStopReason('aborted').setFinalized(false).end();
        });
      }),
      onError: hook((operation, event) => {
        const { error } = event;
        operation.model?.failed(error);
        for (const embedding of operation.embeddings.values()) embedding.failed(error);
        this.#end(operation, event, ({ span }) => {
          span.fail(error);
          span.end();
        });
      }),
    };
  }

  #onStart(event: unknown): void {
    const tracer = this.#tracer ?? liveSetup()?.tracing?.tracer;
    if (!this.#isOn || tracer === undefined || !isRecord(event)) return;
    const { callId } = event;
    const operationId = asText(event['operationId']);
    // Another integration makes spans of the same call: one tree is enough.
    if (callId === undefined || operationId === undefined || hasOpenTelemetry(globalIntegrations()))
      return;
    const isGeneration = GENERATIONS.has(operationId);
    const functionId = asText(event['functionId']);
    const around = contextApi.active();
    const { runtimeContext } = event;
    const identity = identityIn(isRecord(runtimeContext) ? runtimeContext : {});
    const root = startStep(tracer, {
      name: functionId ?? operationId,
      kind: isGeneration ? Kind.AGENT : Kind.CHAIN,
      around,
      identity: {
        ...identity,
        ...(isInSession(around) && { sessionId: undefined }),
        ...(isGeneration &&
          functionId !== undefined && {
            agent: { id: undefined, name: functionId, role: undefined },
          }),
      },
    });
    const { messages, prompt, value, query } = event;
    root.span.setInput(messages ?? prompt ?? value ?? query);
    const operation: Operation = {
      root,
      step: undefined,
      model: undefined,
      tools: new Map(),
      embeddings: new Map(),
      rerank: undefined,
      forget: closeAtShutdown(root.span, () => {
        this.#operations.delete(callId);
        operation.model?.stopped('abandoned');
        for (const embedding of operation.embeddings.values()) embedding.stopped('abandoned');
        for (const step of stepsOf(operation)) abandonStep(step);
      }),
    };
    this.#operations.set(callId, operation);
  }

  /** Ends what is open, the innermost first. Ended spans take no notice. */
  #end(operation: Operation, { callId }: JsonRecord, end: (step: Step) => void): void {
    this.#operations.delete(callId);
    operation.forget();
    for (const step of stepsOf(operation)) end(step);
  }

  #startStep(operation: Operation, { stepNumber }: JsonRecord): void {
    const { root } = operation;
    const name = `step ${String(stepNumber)}`;
    operation.step = startStep(this.#tracer, { name, kind: Kind.CHAIN, around: root.context });
  }

  #startModel(operation: Operation, event: JsonRecord): ModelCall {
    const { context } = operation.step ?? operation.root;
    const request: CallRequest = {
      ...modelProvider(event['provider']),
      model: asText(event['modelId']),
      messages: modelMessages(event['instructions'], event['messages'] ?? event['promptMessages']),
      tools: listIn(event['tools']),
      parameters: without(event, NOT_PARAMETERS),
    };
    return new ModelCall(this.#tracer, `chat ${request.model ?? ''}`.trim(), request, context);
  }

  #startTool({ step, root, tools }: Operation, { toolCall }: JsonRecord): void {
    if (!isRecord(toolCall)) return;
    const { toolCallId, toolName, input } = toolCall;
    const call = { name: asText(toolName) ?? 'tool', id: asText(toolCallId), input };
    const tool = startTool(this.#tracer, (step ?? root).context, call);
    tool.span.setAttribute(S.TOOL_PARAMETERS, jsonText(input));
    tools.set(toolCallId, tool);
  }

  #startEmbedding({ root, embeddings }: Operation, event: JsonRecord): void {
    const { embedCallId, modelId, values, dimensions } = event;
    const request: CallRequest = {
      ...modelProvider(event['provider']),
      model: asText(modelId),
      messages: [],
      tools: [],
      parameters: dimensions === undefined ? {} : { dimensions },
      texts: listIn(values).filter((text) => typeof text === 'string'),
    };
    const call = new ModelCall(
      this.#tracer,
      `embed ${request.model ?? ''}`.trim(),
      request,
      root.context,
    );
    embeddings.set(embedCallId, call);
  }

  #startRerank(operation: Operation, event: JsonRecord): void {
    const { modelId, query, topN, documents } = event;
    const name = `rerank ${asText(modelId) ?? ''}`.trim();
    const rerank = startStep(this.#tracer, {
      name,
      kind: Kind.RERANKER,
      around: operation.root.context,
    });
    rerank.span.setAttributes({
      [S.RERANKER_MODEL_NAME]: modelId,
      [S.RERANKER_TOP_K]: topN,
      [S.RERANKER_QUERY]: query,
      ...inputDocuments(documents),
    });
    rerank.span.setInput(query);
    operation.rerank = rerank;
  }
}

const OPEN_TELEMETRY = /^(?:Legacy)?OpenTelemetry$/u;

/** Whether `@ai-sdk/otel` is among these: it makes spans of the same calls, which are mapped. */
export function hasOpenTelemetry(integrations: readonly unknown[]): boolean {
  return integrations.some(
    (each) =>
      typeof each === 'object' && each !== null && OPEN_TELEMETRY.test(each.constructor.name),
  );
}

/** Where the AI SDK looks for integrations (`registerTelemetry`); it is documented as the place. */
export function globalIntegrations(): unknown[] {
  const known: unknown = Reflect.get(globalThis, 'AI_SDK_TELEMETRY_INTEGRATIONS');
  if (Array.isArray(known)) return known;
  const made: unknown[] = [];
  Reflect.set(globalThis, 'AI_SDK_TELEMETRY_INTEGRATIONS', made);
  return made;
}
