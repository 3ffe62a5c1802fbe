import type { Attributes } from '@opentelemetry/api';
import type { ToolCall } from '../mapping/mapping-context.js';
import { asText } from '../mapping/read-attributes.js';
import type { SpanNode } from './span-node.js';

const NAME = 'lk.function_tool.name';

/**
 * The call that a `function_tool` carries out, up to 1.6.4: these versions know no redaction, so
 * that its span may be read while it is open. `undefined` for any later one.
 */
export function toolCallOf(attributes: Attributes): ToolCall | undefined {
  const name = asText(attributes[NAME]);
  const given = attributes['lk.function_tool.arguments'];
  if (name === undefined || typeof given !== 'string') return undefined;
  return { id: undefined, name, arguments: given };
}

/** Takes the id of the turn's first open call of this tool with these arguments. */
export function takeToolCallId(tool: SpanNode, attributes: Attributes): string | undefined {
  const turn = tool.parent;
  if (turn === undefined || turn.openToolCalls.length === 0) return undefined;
  const open = turn.openToolCalls;
  const given =
    attributes['lk.pii.function_tool.arguments'] ?? attributes['lk.function_tool.arguments'];
  const name = attributes[NAME];
  const same = open.findIndex((call) => call.name === name && call.arguments === given);
  const index = same >= 0 ? same : open.findIndex((call) => call.name === name);
  if (index < 0) return undefined;
  turn.openToolCalls = open.toSpliced(index, 1);
  return open[index]?.id;
}
