import type { Attributes } from '@opentelemetry/api';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import { asText, readNumber, readText } from '../mapping/read-attributes.js';
import type { EnclosingTool, ToolCall } from '../mapping/mapping-context.js';
import type { SpanNode, ToolCallName, Usage } from './span-node.js';

const INPUT = ['gen_ai.usage.input_tokens', 'llm.token_count.prompt'] as const;
const OUTPUT = ['gen_ai.usage.output_tokens', 'llm.token_count.completion'] as const;
const ADAPTER_MODEL = 'FallbackAdapter';

export function readUsage(attributes: Attributes): Usage | undefined {
  const input = readNumber(attributes, INPUT);
  const output = readNumber(attributes, OUTPUT);
  return input === undefined && output === undefined
    ? undefined
    : { input: input ?? 0, output: output ?? 0 };
}

/**
 * Whether the requests inside this one are its own call and not calls of another model. A fallback
 * adapter (`llm/fallback_adapter.ts`) repeats the usage of the request that answered; an LLM that
 * asks another one while it runs reports different tokens.
 */
export function isAdapter(node: SpanNode, attributes: Attributes): boolean {
  if (node.requests.length === 0) return false;
  if (attributes['gen_ai.request.model'] === ADAPTER_MODEL) return true;
  const usage = readUsage(attributes);
  return usage === undefined || node.requests.some(({ usage: inner }) => isSame(usage, inner));
}

function isSame(a: Usage, b: Usage | undefined): boolean {
  return b !== undefined && a.input === b.input && a.output === b.output;
}

/**
 * Whether a request of this node has the conversation, or will have it when it ends. The operation
 * name shows it from the start of the request.
 */
export function hasMessagesBelow(node: SpanNode): boolean {
  return node.requests.some(
    (request) => request.hasMessages || isConversation(request.span?.attributes),
  );
}

export function isConversation(attributes: Attributes | undefined): boolean {
  return attributes?.['gen_ai.operation.name'] !== undefined;
}

/** Name of the task in which LiveKit carries out a tool call (`voice/generation.ts`). */
const TASK_NAME_PREFIX = 'performToolExecution:';

const TOOL_NAME = ['gen_ai.tool.name', 'lk.function_tool.name'] as const;
const CALL_ID = ['gen_ai.tool.call.id', 'lk.function_tool.id'] as const;

/**
 * Which tool call a span was opened in. LiveKit calls the tool first and opens `function_tool`
 * as a sibling, so what a tool opens is a child of the turn and the context says nothing. But LiveKit
 * carries every call out in a separate task, which it keeps in async-local storage and gives out
 * as `Task.current()`: the span of a tool and the spans opened in its `execute` start in the same
 * task, and no others do, however many tools run at once. What the tool makes the session do (say
 * something, generate a reply, hand over) runs in further tasks, and stays where it is.
 */
export class ToolTasks {
  readonly #currentTask: () => object | undefined;
  readonly #toolByTask = new WeakMap<object, SpanNode>();

  constructor(currentTask: () => object | undefined) {
    this.#currentTask = currentTask;
  }

  start(node: SpanNode): void {
    const isTurn = node.livekitName === LiveKitSpan.AGENT_TURN;
    if (!isTurn && node.parent?.livekitName !== LiveKitSpan.AGENT_TURN) return;
    const task = this.#currentTask();
    if (task === undefined) return;
    if (node.livekitName === LiveKitSpan.FUNCTION_TOOL) this.#toolByTask.set(task, node);
    else node.task = task;
  }

  /** The tool call around a span that has just ended. */
  around(node: SpanNode): EnclosingTool | undefined {
    // A span in between that is not sent leaves its children to its parent.
    let outer = node;
    while (outer.parent?.isSent === false) outer = outer.parent;
    const { task, parent } = outer;
    if (task === undefined) return undefined;
    const tool = this.#toolByTask.get(task);
    // Early versions (1.3 among them) call a tool at once, and a span that ends before the tool's
    // first `await` is over before `function_tool` starts. It does not wait for it, and stays
    // below the turn, with the name of its tool.
    if (tool === undefined) return toolOfTask(task);
    if (tool.parent !== parent) return undefined;
    const { id: callId, name } = tool.toolCall ?? readToolCall(tool.span?.attributes ?? {});
    return { spanId: tool.spanId, name, callId };
  }
}

/** Name and id of the call on a tool's span. Neither is content, so they may be read live. */
export function readToolCall(attributes: Attributes): ToolCallName {
  return { id: readText(attributes, CALL_ID), name: readText(attributes, TOOL_NAME) };
}

function toolOfTask(task: object): EnclosingTool | undefined {
  const name: unknown = Reflect.get(task, 'name');
  if (typeof name !== 'string' || !name.startsWith(TASK_NAME_PREFIX)) return undefined;
  return { spanId: undefined, name: name.slice(TASK_NAME_PREFIX.length), callId: undefined };
}

const RAW_NAME = 'lk.function_tool.name';

/**
 * The call that a `function_tool` carries out, up to 1.6.4: these versions know no redaction, so
 * that its span may be read while it is open. `undefined` for any later one.
 */
export function toolCallOf(attributes: Attributes): ToolCall | undefined {
  const name = asText(attributes[RAW_NAME]);
  const input = attributes['lk.function_tool.arguments'];
  if (name === undefined || typeof input !== 'string') return undefined;
  return { id: undefined, name, arguments: input };
}

/** Takes the id of the turn's first open call of this tool with these arguments. */
export function takeToolCallId(tool: SpanNode, attributes: Attributes): string | undefined {
  const turn = tool.parent;
  if (turn === undefined || turn.openToolCalls.length === 0) return undefined;
  const open = turn.openToolCalls;
  const input =
    attributes['lk.pii.function_tool.arguments'] ?? attributes['lk.function_tool.arguments'];
  const name = attributes[RAW_NAME];
  const same = open.findIndex((call) => call.name === name && call.arguments === input);
  const index = same >= 0 ? same : open.findIndex((call) => call.name === name);
  if (index < 0) return undefined;
  turn.openToolCalls = open.toSpliced(index, 1);
  return open[index]?.id;
}
