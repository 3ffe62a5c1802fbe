import { MimeType, SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Attributes } from '@opentelemetry/api';
import { GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import { asText, parseJson, readText, type SerializedValue } from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';

const NAME = [GenAiAttr.TOOL_NAME, LiveKitAttr.TOOL_NAME] as const;
const CALL_ID = [GenAiAttr.TOOL_CALL_ID, LiveKitAttr.TOOL_ID] as const;
const ARGUMENTS = [GenAiAttr.TOOL_CALL_ARGUMENTS, ...LiveKitAttr.TOOL_ARGUMENTS] as const;
const OUTPUT = [GenAiAttr.TOOL_CALL_RESULT, ...LiveKitAttr.TOOL_OUTPUT] as const;

/**
 * Puts a tool span: name, description, call id, arguments and output (`voice/generation.ts`,
 * `telemetry/gen_ai.ts`). The call id has two names: Catalyst reads `tool_call.id`, Phoenix
 * `tool.id`.
 */
export function putTool(mapping: SpanMapping): void {
  const { raw } = mapping;
  mapping.put(S.TOOL_NAME, readText(raw, NAME));
  mapping.put(S.TOOL_DESCRIPTION, asText(raw[GenAiAttr.TOOL_DESCRIPTION]));
  mapping.replace(GenAiAttr.TOOL_DESCRIPTION);
  const callId = readText(raw, CALL_ID) ?? mapping.context.toolCallId;
  mapping.put(S.TOOL_CALL_ID, callId);
  mapping.put(S.TOOL_ID, callId);
  const input = readSerialized(mapping.takeText(ARGUMENTS));
  mapping.put(S.TOOL_PARAMETERS, asText(input?.text));
  mapping.putInput(input?.text, input?.mimeType);
  const output = readSerialized(mapping.takeText(OUTPUT));
  mapping.putOutput(output?.text, output?.mimeType);
}

/** LiveKit writes JSON, and so plain text quoted. */
function readSerialized(value: string | undefined): SerializedValue | undefined {
  if (value === undefined) return undefined;
  const parsed = parseJson(value);
  if (typeof parsed === 'string') return { text: parsed, mimeType: MimeType.TEXT };
  return { text: value, mimeType: parsed === undefined ? MimeType.TEXT : MimeType.JSON };
}

/** LiveKit (from 1.5.5) closes an interrupted tool without output and without `is_error`. */
export function isInterruptedTool(raw: Attributes): boolean {
  return [LiveKitAttr.TOOL_IS_ERROR, ...OUTPUT].every((key) => raw[key] === undefined);
}

/** What the failed tool answered: the message of its `ToolError`. */
export function toolFailureMessage(raw: Attributes): string | undefined {
  return readSerialized(readText(raw, OUTPUT))?.text;
}
