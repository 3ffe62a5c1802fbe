import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { context as contextApi, createContextKey, type Attributes } from '@opentelemetry/api';
import {
  asText,
  isRecord,
  parseJsonRecord,
  recordIn,
  type JsonRecord,
} from '../../mapping/read-attributes.js';
import { completedBy } from '../call-attributes.js';
import { guard } from '../integration.js';
import { ownerOf } from '../llm-owner.js';
import { jsonText, listIn, readMessage, type Message } from '../messages.js';
import { isAbort } from '../model-call.js';
import {
  documentAttributes,
  langChainAnswer,
  langChainMessages,
  langChainRequest,
  plainValue,
} from './messages.js';
import { ModelOwner, type RunSpans, type RunStart } from '../runs.js';
import { reportedRun, type GraphNotes } from './runs.js';

/** The tool that is called. Callbacks get its name, and not its description. */
export const TOOL_KEY: symbol = createContextKey('catalyst.langchain.tool');

type OnError = (error: unknown, id: unknown) => void;

/**
 * The callback handler that makes runs spans. A plain object would do for LangChain; `awaitHandlers`
 * makes it call back at once: otherwise a queue calls, after the run's code has begun.
 */
export class CallbackHandler {
  readonly name = 'catalyst_tracing';
  readonly awaitHandlers = true;
  readonly #spans: RunSpans<GraphNotes>;

  constructor(spans: RunSpans<GraphNotes>) {
    this.#spans = spans;
  }

  copy(): this {
    return this;
  }

  handleChatModelStart(model: unknown, lists: unknown, ...rest: readonly unknown[]): void {
    this.#startCall(model, () => langChainMessages(listIn(lists)[0]), rest);
  }

  handleLLMStart(model: unknown, prompts: unknown, ...rest: readonly unknown[]): void {
    this.#startCall(model, () => listIn(prompts).map((content) => readMessage({ content })), rest);
  }

  handleLLMEnd(output: unknown, id: unknown, ...[, , extra]: readonly unknown[]): void {
    this.#spans.end(id, ({ call, owner }) => {
      const isCached = recordIn(extra)['cached'] === true;
      if (isCached) call?.addMetadata({ cache_hit: true });
      call?.answered(completedBy(langChainAnswer(output), isCached ? undefined : owner?.answer));
    });
  }

  handleLLMError(error: unknown, id: unknown): void {
    this.#spans.end(id, ({ call, owner }) => call?.failed(error, owner?.answer));
  }

  handleChainStart(chain: unknown, inputs: unknown, ...rest: readonly unknown[]): void {
    const [id, parentId, tags, metadata, runType, runName, extra] = rest;
    guard(() => {
      const run = runStart(chain, id, parentId, tags, metadata, runName);
      const reported = recordIn(metadata);
      const isGraph = listIn(recordIn(chain)['id']).includes('pregel');
      const isAgent = isGraph && reported['ls_integration'] === 'langchain_create_agent';
      const isPrompt = runType === 'prompt';
      const kind = isAgent ? 'AGENT' : isPrompt ? 'PROMPT' : 'CHAIN';
      const agentName = isAgent ? (asText(reported['lc_agent_name']) ?? run.name) : undefined;
      const node = this.#nodeAttributes(run, reported);
      const span = this.#spans.start({ ...run, agentName }, kind, node, {});
      if (isPrompt) {
        span.setAttribute(S.PROMPT_TEMPLATE_VARIABLES, jsonText(plainValue(inputs)));
      }
      const isLate = recordIn(extra)['lc_defers_inputs'] === true;
      if (!isLate) span.setInput(plainValue(inputs));
    });
  }

  handleChainEnd(output: unknown, id: unknown, ...[, , late]: readonly unknown[]): void {
    this.#spans.end(id, ({ span }) => {
      // A chain that reads a stream knows what went in when it has read it.
      if (isRecord(late)) span.setInput(plainValue(late['inputs']));
      span.setOutput(plainValue(output));
    });
  }

  readonly handleChainError: OnError = (error, id) => {
    // A graph that waits for a human, or hands on to its parent, leaves its nodes by an exception.
    const isControlFlow = recordIn(error)['is_bubble_up'] === true;
    this.#spans.end(id, ({ span }) => {
      if (isAbort(error) || isGraphAbort(error)) span.setOutcome('aborted');
      else if (!isControlFlow) span.fail(error);
    });
  };
  readonly handleToolError: OnError = this.handleChainError;
  readonly handleRetrieverError: OnError = this.handleChainError;

  handleToolStart(tool: unknown, input: unknown, ...rest: readonly unknown[]): void {
    const [id, parentId, tags, metadata, runName, callId] = rest;
    guard(() => {
      const run = runStart(tool, id, parentId, tags, metadata, runName);
      const { name, description } = recordIn(contextApi.active().getValue(TOOL_KEY));
      const attributes = { [S.TOOL_NAME]: asText(name) ?? run.name };
      const span = this.#spans.start(run, 'TOOL', attributes, {});
      span.setAttributes({
        [S.TOOL_DESCRIPTION]: description,
        [S.TOOL_PARAMETERS]: input,
        [S.TOOL_CALL_ID]: callId,
      });
      span.setInput(parseJsonRecord(input) ?? input);
    });
  }

  handleToolEnd(output: unknown, id: unknown): void {
    this.#spans.end(id, ({ span }) => {
      // A tool that is called without a call's id at its start answers with a message that has it.
      span.setAttribute(S.TOOL_CALL_ID, recordIn(output)['tool_call_id']);
      span.setOutput(plainValue(output));
    });
  }

  handleRetrieverStart(retriever: unknown, query: unknown, ...rest: readonly unknown[]): void {
    const [id, parentId, tags, metadata, runName] = rest;
    guard(() => {
      const run = runStart(retriever, id, parentId, tags, metadata, runName);
      this.#spans.start(run, 'RETRIEVER', {}, {}).setInput(query);
    });
  }

  handleRetrieverEnd(documents: unknown, id: unknown): void {
    this.#spans.end(id, ({ span }) => span.setAttributes(documentAttributes(documents)));
  }

  #startCall(
    model: unknown,
    messages: () => readonly Message[],
    [id, parentId, extra, tags, metadata, runName]: readonly unknown[],
  ): void {
    guard(() => {
      const run = runStart(model, id, parentId, tags, metadata, runName);
      const above = ownerOf(contextApi.active());
      const request = langChainRequest(recordIn(metadata), messages(), extra);
      const owner = above instanceof ModelOwner ? above : undefined;
      this.#spans.startCall(run, request, owner, {});
    });
  }

  /** LangGraph names its nodes in the metadata of everything below them. */
  #nodeAttributes({ name, parentId }: RunStart, metadata: JsonRecord): Attributes {
    const step = metadata['langgraph_step'];
    const graph = this.#spans.runs.open(parentId)?.notes;
    if (metadata['langgraph_node'] !== name || graph === undefined) return {};
    if (typeof step !== 'number') return {};
    const steps = (graph.steps ??= []);
    const before = steps.findLast((each) => each.step < step)?.node;
    steps.push({ step, node: name });
    return {
      [S.GRAPH_NODE_ID]: name,
      ...(before !== undefined && { [S.GRAPH_NODE_PARENT_ID]: before }),
    };
  }
}

function runStart(
  serialized: unknown,
  id: unknown,
  parentId: unknown,
  tags: unknown,
  metadata: unknown,
  runName: unknown,
): RunStart {
  const { name, id: classPath } = recordIn(serialized);
  const run = {
    id: String(id),
    parentId: asText(parentId),
    name: asText(runName) ?? asText(name) ?? asText(listIn(classPath).at(-1)) ?? 'run',
  };
  return reportedRun(run, listIn(tags), recordIn(metadata));
}

/** LangGraph's own word when the reader of its stream stops (`pregel/runner`). */
function isGraphAbort(error: unknown): boolean {
  return error instanceof Error && error.message === 'Abort';
}
