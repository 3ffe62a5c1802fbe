import {
  OpenInferenceSpanKind as Kind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import {
  context as contextApi,
  SpanKind,
  trace,
  type Attributes,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import { LIVEKIT_SCOPE_NAME } from '../../mapping/livekit-spans.js';
import { mapProvider } from '../../mapping/providers.js';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { identityOf, mergeIdentity, withIdentity } from '../../session/identity.js';
import type { OpenSpan } from '../../spans/open-span.js';
import { openSpan, startSpan } from '../../spans/start-span.js';
import {
  jsonText,
  listIn,
  recordsIn,
  without,
  type CallAnswer,
  type CallRequest,
  type Message,
} from '../call-attributes.js';
import { guard, isAbort, ModelCall, withMetadataAround } from '../model-call.js';
import { langChainMessage, langChainUsage, plainValue } from './messages.js';
import { modelOwner, type ModelOwner } from './model-owner.js';
import { activeTool, type Runs } from './runs.js';

/** What LangChain tells of a run as it begins. */
interface RunStart {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly tags: readonly string[];
  readonly metadata: JsonRecord;
}

interface ModelRun {
  readonly call: ModelCall;
  readonly owner: ModelOwner | undefined;
}

/** Nodes of one run of a graph that have run, to tell which came before another one. */
type Steps = { readonly step: number; readonly node: string }[];

/** Keys that say which conversation a run is part of; `thread_id` is LangGraph's. */
const SESSION_KEYS = ['session_id', 'thread_id', 'conversation_id'] as const;
const NOT_PARAMETERS = ['model', 'model_name', 'tools', 'functions', 'messages', 'input', 'prompt'];

/**
 * The callback handler that makes runs spans. A plain object would do for LangChain; `awaitHandlers`
 * makes it call back at once: otherwise a run is told of by a queue, after its code has begun.
 */
export class CallbackHandler {
  readonly name = 'catalyst_tracing';
  readonly awaitHandlers = true;
  readonly #tracer: Tracer;
  readonly #runs: Runs;
  readonly #spans = new Map<string, OpenSpan>();
  readonly #calls = new Map<string, ModelRun>();
  readonly #steps = new Map<string, Steps>();

  constructor(tracer: Tracer, runs: Runs) {
    this.#tracer = tracer;
    this.#runs = runs;
  }

  copy(): this {
    return this;
  }

  handleChatModelStart(model: unknown, lists: unknown, ...rest: readonly unknown[]): void {
    const [messages] = listIn(lists);
    this.#startCall(model, listIn(messages).map(langChainMessage), rest);
  }

  handleLLMStart(model: unknown, prompts: unknown, ...rest: readonly unknown[]): void {
    const asked = listIn(prompts).map((content) => userMessage(content));
    this.#startCall(model, asked, rest);
  }

  handleLLMEnd(
    output: unknown,
    id: unknown,
    _parent?: unknown,
    _tags?: unknown,
    extra?: unknown,
  ): void {
    this.#endCall(id, ({ call, owner }) => {
      const isCached = isRecord(extra) && extra['cached'] === true;
      if (isCached) call.describe({}, { cache_hit: true });
      call.answered(answerOf(output, isCached ? undefined : owner?.answer));
    });
  }

  handleLLMError(error: unknown, id: unknown): void {
    this.#endCall(id, ({ call, owner }) => call.failed(error, owner?.answer));
  }

  handleChainStart(
    chain: unknown,
    inputs: unknown,
    id: unknown,
    parentId?: unknown,
    tags?: unknown,
    metadata?: unknown,
    runType?: unknown,
    runName?: unknown,
    extra?: unknown,
  ): void {
    guard(() => {
      const run = runStart(chain, id, parentId, tags, metadata, runName);
      const isGraph = listIn(isRecord(chain) ? chain['id'] : []).includes('pregel');
      const isAgent = isGraph && run.metadata['ls_integration'] === 'langchain_create_agent';
      const isPrompt = runType === 'prompt';
      const kind = isAgent ? Kind.AGENT : isPrompt ? Kind.PROMPT : Kind.CHAIN;
      const span = this.#start(run, kind, this.#nodeAttributes(run));
      if (isPrompt) {
        const variables = jsonText(plainValue(inputs));
        span.setAttribute(S.PROMPT_TEMPLATE_VARIABLES, variables);
      }
      const isLate = isRecord(extra) && extra['lc_defers_inputs'] === true;
      if (!isLate) span.setInput(plainValue(inputs));
    });
  }

  handleChainEnd(
    output: unknown,
    id: unknown,
    _parent?: unknown,
    _tags?: unknown,
    late?: unknown,
  ): void {
    this.#end(id, (span) => {
      // A chain that reads a stream knows what went in when it has read it.
      if (isRecord(late)) span.setInput(plainValue(late['inputs']));
      span.setOutput(plainValue(output));
    });
  }

  handleChainError(error: unknown, id: unknown): void {
    this.#fail(id, error);
  }

  handleToolStart(
    tool: unknown,
    input: unknown,
    id: unknown,
    parentId?: unknown,
    tags?: unknown,
    metadata?: unknown,
    runName?: unknown,
    callId?: unknown,
  ): void {
    guard(() => {
      const run = runStart(tool, id, parentId, tags, metadata, runName);
      const instance = activeTool();
      const span = this.#start(run, Kind.TOOL, {
        [S.TOOL_NAME]: asText(instance?.['name']) ?? run.name,
      });
      span.setAttributes({
        [S.TOOL_DESCRIPTION]: instance?.['description'],
        [S.TOOL_PARAMETERS]: input,
        [S.TOOL_CALL_ID]: callId,
      });
      span.setInput(input);
    });
  }

  handleToolEnd(output: unknown, id: unknown): void {
    this.#end(id, (span) => {
      // A tool that is called without a call's id at its start answers with a message that has it.
      if (isRecord(output)) span.setAttribute(S.TOOL_CALL_ID, output['tool_call_id']);
      span.setOutput(plainValue(output));
    });
  }

  handleToolError(error: unknown, id: unknown): void {
    this.#fail(id, error);
  }

  handleRetrieverStart(
    retriever: unknown,
    query: unknown,
    id: unknown,
    parentId?: unknown,
    tags?: unknown,
    metadata?: unknown,
    runName?: unknown,
  ): void {
    guard(() => {
      const run = runStart(retriever, id, parentId, tags, metadata, runName);
      this.#start(run, Kind.RETRIEVER, {}).setInput(query);
    });
  }

  handleRetrieverEnd(documents: unknown, id: unknown): void {
    this.#end(id, (span) => span.setAttributes(documentAttributes(documents)));
  }

  handleRetrieverError(error: unknown, id: unknown): void {
    this.#fail(id, error);
  }

  #startCall(
    model: unknown,
    messages: readonly (Message | undefined)[],
    [id, parentId, extra, tags, metadata, runName]: readonly unknown[],
  ): void {
    guard(() => {
      const run = runStart(model, id, parentId, tags, metadata, runName);
      const asked = messages.filter((message) => message !== undefined);
      const around = this.#around(run);
      const call = new ModelCall(this.#tracer, run.name, requestOf(run, asked, extra), around);
      call.describe(tagAttributes(run), metadataOf(run));
      const owner = modelOwner();
      owner?.attach(run.id);
      this.#calls.set(run.id, { call, owner });
      this.#runs.begin(run.id, {
        parentId: run.parentId,
        activate: (fn) => call.activate(fn),
        abandon: () => {
          this.#calls.delete(run.id);
          call.stopped('abandoned', owner?.answer);
        },
      });
    });
  }

  #endCall(id: unknown, conclude: (run: ModelRun) => void): void {
    guard(() => {
      const run = typeof id === 'string' ? this.#calls.get(id) : undefined;
      if (typeof id !== 'string' || run === undefined) return;
      this.#calls.delete(id);
      this.#runs.end(id);
      conclude(run);
    });
  }

  #start(run: RunStart, kind: Kind, attributes: Attributes): OpenSpan {
    const { id, parentId } = run;
    const agentName = kind === Kind.AGENT ? asText(run.metadata['lc_agent_name']) : undefined;
    const around = this.#around(run, agentName);
    const span = openSpan(this.#tracer, (tracer) =>
      contextApi.with(around, () =>
        startSpan(tracer, {
          name: run.name,
          kind: SpanKind.INTERNAL,
          attributes: { [S.OPENINFERENCE_SPAN_KIND]: kind, ...attributes },
          identity: undefined,
          isAgentRun: kind === Kind.AGENT,
        }),
      ),
    );
    const metadata = metadataOf(run);
    span.setAttributes(tagAttributes(run));
    if (Object.keys(metadata).length > 0) {
      span.setAttribute(S.METADATA, withMetadataAround(around, metadata));
    }
    this.#spans.set(id, span);
    this.#runs.begin(id, {
      parentId,
      activate: (fn) => span.activate(fn),
      abandon: () => {
        this.#spans.delete(id);
        this.#steps.delete(id);
        span.setAttribute(
          S.METADATA,
          withMetadataAround(around, { ...metadata, stream: 'abandoned' }),
        );
        span.end();
      },
    });
    return span;
  }

  #end(id: unknown, conclude: (span: OpenSpan) => void): void {
    guard(() => {
      const span = typeof id === 'string' ? this.#spans.get(id) : undefined;
      if (typeof id !== 'string' || span === undefined) return;
      this.#spans.delete(id);
      this.#steps.delete(id);
      this.#runs.end(id);
      guard(() => conclude(span));
      span.end();
    });
  }

  #fail(id: unknown, error: unknown): void {
    // A graph that waits for a human, or hands on to its parent, leaves its nodes by an exception.
    const isControlFlow = isRecord(error) && error['is_bubble_up'] === true;
    const hasFailed = !isControlFlow && !isAbort(error) && !isGraphAbort(error);
    this.#end(id, (span) => {
      if (hasFailed) span.fail(error);
    });
  }

  /** Where the run's span begins; the outermost run says which conversation it is part of. */
  #around(run: RunStart, agentName?: string): Context {
    const around = this.#runs.around(run.parentId);
    const outer = identityOf(around);
    const sessionId = this.#runs.isOpen(run.parentId) ? undefined : sessionOf(run, around);
    if (sessionId === undefined && agentName === undefined) return around;
    const agent =
      agentName === undefined ? undefined : { id: undefined, name: agentName, role: undefined };
    const own = { sessionId, userId: undefined, agent, metadata: undefined, tags: undefined };
    return withIdentity(around, mergeIdentity(outer, own));
  }

  /** LangGraph names its nodes in the metadata of everything below them. */
  #nodeAttributes({ name, parentId, metadata }: RunStart): Attributes {
    const step = metadata['langgraph_step'];
    if (metadata['langgraph_node'] !== name || parentId === undefined) return {};
    if (typeof step !== 'number') return {};
    const steps = this.#steps.get(parentId) ?? [];
    this.#steps.set(parentId, steps);
    const before = steps.findLast((each) => each.step < step)?.node;
    steps.push({ step, node: name });
    return {
      [S.GRAPH_NODE_ID]: name,
      ...(before !== undefined && { [S.GRAPH_NODE_PARENT_ID]: before }),
    };
  }
}

/** LangGraph's own word when the reader of its stream stops (`pregel/runner`). */
function isGraphAbort(error: unknown): boolean {
  return error instanceof Error && error.message === 'Abort';
}

function runStart(
  serialized: unknown,
  id: unknown,
  parentId: unknown,
  tags: unknown,
  metadata: unknown,
  runName: unknown,
): RunStart {
  const fields = isRecord(serialized) ? serialized : {};
  return {
    id: String(id),
    parentId: asText(parentId),
    name: asText(runName) ?? asText(fields['name']) ?? asText(listIn(fields['id']).at(-1)) ?? 'run',
    tags: listIn(tags).filter((tag) => typeof tag === 'string'),
    metadata: isRecord(metadata) ? metadata : {},
  };
}

/** What the application knows better, or LiveKit, stays: one trace, one session. */
function sessionOf({ metadata }: RunStart, around: Context): string | undefined {
  if (identityOf(around)?.sessionId !== undefined) return undefined;
  const above = trace.getSpan(around);
  const scope: unknown = above && Reflect.get(above, 'instrumentationScope');
  if (isRecord(scope) && scope['name'] === LIVEKIT_SCOPE_NAME) return undefined;
  const key = SESSION_KEYS.find((each) => asText(metadata[each]) !== undefined);
  return key === undefined ? undefined : asText(metadata[key]);
}

/** LangChain's own metadata of a model is on the span under other names. */
function metadataOf({ metadata }: RunStart): JsonRecord {
  const own = Object.entries(metadata).filter(
    ([key, value]) => value !== undefined && !/^(?:ls_|lc_|__|versions$)/u.test(key),
  );
  return Object.fromEntries(own);
}

function tagAttributes({ tags }: RunStart): Readonly<Record<string, unknown>> {
  const own = tags.filter((tag) => !/^(?:seq:step:|graph:step:|map:key:|langsmith:)/u.test(tag));
  return own.length === 0 ? {} : { [S.TAG_TAGS]: own };
}

function requestOf(
  { metadata }: RunStart,
  messages: readonly Message[],
  extra: unknown,
): CallRequest {
  const given =
    isRecord(extra) && isRecord(extra['invocation_params']) ? extra['invocation_params'] : {};
  const reported = asText(metadata['ls_provider']);
  const known = mapProvider(reported);
  return {
    model:
      asText(metadata['ls_model_name']) ?? asText(given['model']) ?? asText(given['model_name']),
    system: known?.system ?? reported ?? 'langchain',
    provider: known?.provider,
    messages,
    tools: [...listIn(given['tools']), ...listIn(given['functions'])],
    parameters: without(given, NOT_PARAMETERS),
  };
}

/** The answer as LangChain has it, and what the provider said of it where that was seen. */
function answerOf(output: unknown, seen: CallAnswer | undefined): CallAnswer {
  const generations = listIn(isRecord(output) ? output['generations'] : undefined).flatMap(listIn);
  const [first] = recordsIn(generations);
  const message = isRecord(first?.['message']) ? first['message'] : {};
  const response = isRecord(message['response_metadata']) ? message['response_metadata'] : {};
  const info = isRecord(first?.['generationInfo']) ? first['generationInfo'] : {};
  return {
    id: seen?.id ?? asText(response['id']),
    model: seen?.model ?? asText(response['model_name']) ?? asText(response['model']),
    finishReason:
      seen?.finishReason ??
      asText(response['finish_reason']) ??
      asText(response['stop_reason']) ??
      asText(info['finish_reason']),
    usage: seen?.usage ?? langChainUsage(message['usage_metadata']) ?? reportedUsage(output),
    messages: recordsIn(generations).flatMap(
      (each) => langChainMessage(each['message']) ?? assistantMessage(each['text']),
    ),
    isComplete: true,
  };
}

/** Of models that answer with text alone. */
function reportedUsage(output: unknown): CallAnswer['usage'] {
  const reported = isRecord(output) && isRecord(output['llmOutput']) ? output['llmOutput'] : {};
  const usage = isRecord(reported['tokenUsage']) ? reported['tokenUsage'] : {};
  const { promptTokens: prompt, completionTokens: completion } = usage;
  if (typeof prompt !== 'number' || typeof completion !== 'number') return undefined;
  return { prompt, completion };
}

function userMessage(content: unknown): Message {
  return { role: 'user', parts: [{ type: 'text', content }] };
}

function assistantMessage(content: unknown): Message {
  return { role: 'assistant', parts: [{ type: 'text', content }] };
}

export function documentAttributes(documents: unknown): Readonly<Record<string, unknown>> {
  const pairs = recordsIn(documents).flatMap((document, at) => {
    const metadata = isRecord(document['metadata']) ? document['metadata'] : undefined;
    const prefix = `${S.RETRIEVAL_DOCUMENTS}.${at}.`;
    return [
      [prefix + S.DOCUMENT_ID, document['id']],
      [prefix + S.DOCUMENT_SCORE, metadata?.['score'] ?? metadata?.['relevance_score']],
      [prefix + S.DOCUMENT_CONTENT, document['pageContent'] ?? document['page_content']],
      [prefix + S.DOCUMENT_METADATA, metadata],
    ] as const;
  });
  return Object.fromEntries(pairs);
}
