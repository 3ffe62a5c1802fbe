import type { Attributes } from '@opentelemetry/api';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { EnclosingTool } from '../mapping/mapping-context.js';
import { readText } from '../mapping/read-attributes.js';
import { GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import type { CarriedOutCall, SpanNode } from './span-node.js';

/** Name of the task in which LiveKit carries out a tool call (`voice/generation.ts`). */
const TASK_NAME_PREFIX = 'performToolExecution:';

const TOOL_NAME = [GenAiAttr.TOOL_NAME, LiveKitAttr.TOOL_NAME] as const;
const CALL_ID = [GenAiAttr.TOOL_CALL_ID, LiveKitAttr.TOOL_ID] as const;
const [REDACTABLE_ARGUMENTS, ARGUMENTS] = LiveKitAttr.TOOL_ARGUMENTS;

/**
 * The tool call around a span that has just ended. LiveKit calls the tool first and opens
 * `function_tool` after it, so what a tool opens is a child of the turn and the context does not
 * help. But LiveKit runs every call in a task, which it keeps in async-local storage and returns from
 * `Task.current()`: the span of a tool and the spans opened in its `execute` start in the same task,
 * and no others do, however many tools run at once. What the tool makes the session do (say
 * something, generate a reply, hand over) runs in further tasks, and stays where it is.
 */
export function toolAround(node: SpanNode): EnclosingTool | undefined {
  // A span in between that is not sent leaves its children to its parent.
  let outer = node;
  while (outer.parent?.isSent === false) outer = outer.parent;
  const { task, parent, livekitName } = outer;
  if (task === undefined || livekitName === LiveKitSpan.FUNCTION_TOOL) return undefined;
  const tool = parent?.startedTools.find((each) => each.task === task);
  if (tool !== undefined) {
    const { name, id: callId } = toolCallOf(tool);
    return { spanId: tool.spanId, name, callId };
  }
  // Early versions (1.3 among them) call a tool at once. A span that ends before the tool's first
  // `await` ends before `function_tool` starts: it stays below the turn, with the tool's name.
  const name: unknown = Reflect.get(task, 'name');
  if (typeof name !== 'string' || !name.startsWith(TASK_NAME_PREFIX)) return undefined;
  return { spanId: undefined, name: name.slice(TASK_NAME_PREFIX.length), callId: undefined };
}

/**
 * The call of a tool's span. Id and name are no content and may be read live. So may the arguments
 * under the key of LiveKit up to 1.6.4, which knows no redaction.
 */
export function readToolCall(attributes: Attributes): CarriedOutCall {
  const input = attributes[ARGUMENTS];
  return {
    id: readText(attributes, CALL_ID),
    name: readText(attributes, TOOL_NAME),
    arguments: typeof input === 'string' ? input : undefined,
  };
}

export function toolCallOf({ toolCall, span }: SpanNode): CarriedOutCall {
  return toolCall ?? readToolCall(span?.attributes ?? {});
}

/** Takes the id of the turn's first open call of this tool with these arguments. */
export function takeToolCallId({ turn }: SpanNode, attributes: Attributes): string | undefined {
  if (turn === undefined || turn.openToolCalls.length === 0) return undefined;
  const open = turn.openToolCalls;
  const input = attributes[REDACTABLE_ARGUMENTS] ?? attributes[ARGUMENTS];
  const name = attributes[LiveKitAttr.TOOL_NAME];
  const same = open.findIndex((call) => call.name === name && call.arguments === input);
  const index = same >= 0 ? same : open.findIndex((call) => call.name === name);
  if (index < 0) return undefined;
  turn.openToolCalls = open.toSpliced(index, 1);
  return open[index]?.id;
}
