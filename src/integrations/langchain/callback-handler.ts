import {
  OpenInferenceSpanKind as Kind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import type { Attributes } from '@opentelemetry/api';
import { asText, isRecord, parseJsonRecord } from '../../mapping/read-attributes.js';
import type { OpenSpan } from '../../spans/span-handle.js';
import { jsonText, listIn, type Message } from '../call-attributes.js';
import { guard, isAbort } from '../model-call.js';
import { langChainMessage, plainValue } from './messages.js';
import { modelOwner } from './model-owner.js';
import { documentAttributes, langChainAnswer, requestOf, userMessage } from './model-run.js';
import { runStart, type RunSpans, type RunStart } from './run-spans.js';
import { activeTool } from './runs.js';

type OnError = (error: unknown, id: unknown) => void;

/** Nodes of one run of a graph that have run, to find which came before another one. */
type Steps = { readonly step: number; readonly node: string }[];

/**
 * The callback handler that makes runs spans. A plain object would do for LangChain; `awaitHandlers`
 * makes it call back at once: otherwise a queue calls, after the run's code has begun.
 */
export class CallbackHandler {
  readonly name = 'catalyst_tracing';
  readonly awaitHandlers = true;
  readonly #spans: RunSpans;
  readonly #steps = new Map<string, Steps>();

  constructor(spans: RunSpans) {
    this.#spans = spans;
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
    this.#spans.endCall(id, ({ call, owner }) => {
      const isCached = isRecord(extra) && extra['cached'] === true;
      if (isCached) call.describe({}, { cache_hit: true });
      call.answered(langChainAnswer(output, isCached ? undefined : owner?.answer));
    });
  }

  handleLLMError(error: unknown, id: unknown): void {
    this.#spans.endCall(id, ({ call, owner }) => call.failed(error, owner?.answer));
  }

  handleChainStart(chain: unknown, inputs: unknown, ...rest: readonly unknown[]): void {
    const [id, parentId, tags, metadata, runType, runName, extra] = rest;
    guard(() => {
      const run = runStart(chain, id, parentId, tags, metadata, runName);
      const isGraph = listIn(isRecord(chain) ? chain['id'] : []).includes('pregel');
      const isAgent = isGraph && run.metadata['ls_integration'] === 'langchain_create_agent';
      const isPrompt = runType === 'prompt';
      const kind = isAgent ? Kind.AGENT : isPrompt ? Kind.PROMPT : Kind.CHAIN;
      const agentName = isAgent ? (asText(run.metadata['lc_agent_name']) ?? run.name) : undefined;
      const span = this.#spans.start({ ...run, agentName }, kind, this.#nodeAttributes(run));
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

  readonly handleChainError: OnError = (error, id) => this.#fail(id, error);
  readonly handleToolError: OnError = this.handleChainError;
  readonly handleRetrieverError: OnError = this.handleChainError;

  handleToolStart(tool: unknown, input: unknown, ...rest: readonly unknown[]): void {
    const [id, parentId, tags, metadata, runName, callId] = rest;
    guard(() => {
      const run = runStart(tool, id, parentId, tags, metadata, runName);
      const instance = activeTool();
      const span = this.#spans.start(run, Kind.TOOL, {
        [S.TOOL_NAME]: asText(instance?.['name']) ?? run.name,
      });
      span.setAttributes({
        [S.TOOL_DESCRIPTION]: instance?.['description'],
        [S.TOOL_PARAMETERS]: input,
        [S.TOOL_CALL_ID]: callId,
      });
      span.setInput(parseJsonRecord(input) ?? input);
    });
  }

  handleToolEnd(output: unknown, id: unknown): void {
    this.#end(id, (span) => {
      // A tool that is called without a call's id at its start answers with a message that has it.
      if (isRecord(output)) span.setAttribute(S.TOOL_CALL_ID, output['tool_call_id']);
      span.setOutput(plainValue(output));
    });
  }

  handleRetrieverStart(retriever: unknown, query: unknown, ...rest: readonly unknown[]): void {
    const [id, parentId, tags, metadata, runName] = rest;
    guard(() => {
      const run = runStart(retriever, id, parentId, tags, metadata, runName);
      this.#spans.start(run, Kind.RETRIEVER, {}).setInput(query);
    });
  }

  handleRetrieverEnd(documents: unknown, id: unknown): void {
    this.#end(id, (span) => span.setAttributes(documentAttributes(documents)));
  }

  #startCall(
    model: unknown,
    messages: readonly (Message | undefined)[],
    [id, parentId, extra, tags, metadata, runName]: readonly unknown[],
  ): void {
    guard(() => {
      const run = runStart(model, id, parentId, tags, metadata, runName);
      const asked = messages.filter((message) => message !== undefined);
      this.#spans.startCall(run, requestOf(run, asked, extra), modelOwner());
    });
  }

  #fail(id: unknown, error: unknown): void {
    // A graph that waits for a human, or hands on to its parent, leaves its nodes by an exception.
    const isControlFlow = isRecord(error) && error['is_bubble_up'] === true;
    this.#end(id, (span) => {
      if (isAbort(error) || isGraphAbort(error)) span.setOutcome('aborted');
      else if (!isControlFlow) span.fail(error);
    });
  }

  #end(id: unknown, conclude: (span: OpenSpan) => void): void {
    if (typeof id === 'string') this.#steps.delete(id);
    this.#spans.end(id, conclude);
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
