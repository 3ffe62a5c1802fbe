import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Attributes } from '@opentelemetry/api';
import { putInput, putOutput, readSerialized } from './input-output.js';
import { readText } from './read-attributes.js';
import type { MappingContext } from './span-input.js';
import type { SpanMapping } from './span-mapping.js';

const NAME = ['gen_ai.tool.name', 'lk.function_tool.name'] as const;
const DESCRIPTION = 'gen_ai.tool.description';
const CALL_ID = ['gen_ai.tool.call.id', 'lk.function_tool.id'] as const;
const ARGUMENTS = [
  'gen_ai.tool.call.arguments',
  'lk.pii.function_tool.arguments',
  'lk.function_tool.arguments',
] as const;
const OUTPUT = [
  'gen_ai.tool.call.result',
  'lk.pii.function_tool.output',
  'lk.function_tool.output',
] as const;
const IS_ERROR = 'lk.function_tool.is_error';
const TOOL_CALL_ID = 'tool_call.id';

/**
 * Puts a tool span: name, description, call id, arguments and output (`voice/generation.ts`,
 * `telemetry/gen_ai.ts`). The call id goes by two names: Catalyst reads `tool_call.id`, Phoenix
 * `tool.id`.
 */
export function putTool(mapping: SpanMapping, facts: MappingContext): void {
  const raw = mapping.raw;
  mapping.put(S.TOOL_NAME, readText(raw, NAME));
  mapping.put(S.TOOL_DESCRIPTION, readText(raw, [DESCRIPTION]));
  mapping.replace(DESCRIPTION);
  const callId = readText(raw, CALL_ID) ?? facts.toolCallId;
  mapping.put(TOOL_CALL_ID, callId);
  mapping.put(S.TOOL_ID, callId);
  const given = takeSerialized(mapping, ARGUMENTS);
  if (given !== undefined) {
    const { text, mimeType } = readSerialized(given);
    if (text !== '') mapping.put(S.TOOL_PARAMETERS, text);
    putInput(mapping, text, mimeType);
  }
  const output = takeSerialized(mapping, OUTPUT);
  if (output !== undefined) {
    const { text, mimeType } = readSerialized(output);
    putOutput(mapping, text, mimeType);
  }
}

/** The first of these that is recorded; all of them say the same, so none is sent again. */
function takeSerialized(mapping: SpanMapping, keys: readonly string[]): string | undefined {
  let found: string | undefined;
  for (const key of keys) {
    const value = mapping.raw[key];
    if (typeof value !== 'string') continue;
    found ??= value;
    mapping.replace(key);
  }
  return found;
}

/** Whether LiveKit recorded that the tool failed; an interrupted tool has no such record. */
export function isFailedTool(raw: Attributes): boolean {
  return raw[IS_ERROR] === true;
}

/** LiveKit (from 1.5.5) closes an interrupted tool without output and without `is_error`. */
export function isInterruptedTool(raw: Attributes): boolean {
  return raw[IS_ERROR] === undefined && OUTPUT.every((key) => raw[key] === undefined);
}

/** What the failed tool answered: the message of its `ToolError`. */
export function toolFailureMessage(raw: Attributes): string | undefined {
  const output = readText(raw, OUTPUT);
  return output === undefined ? undefined : readSerialized(output).text;
}
