import { MimeType, SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Attributes } from '@opentelemetry/api';
import { GenAiAttr, LiveKitAttr } from '../semconv/raw-attributes.js';
import {
  asText,
  firstPresent,
  parseJson,
  readText,
  type SerializedValue,
} from './read-attributes.js';
import type { SpanMapping } from './span-mapping.js';

const NAME = [GenAiAttr.TOOL_NAME, LiveKitAttr.TOOL_NAME] as const;
const DESCRIPTION = [GenAiAttr.TOOL_DESCRIPTION] as const;
const CALL_ID = [GenAiAttr.TOOL_CALL_ID, LiveKitAttr.TOOL_ID] as const;
const ARGUMENTS = [GenAiAttr.TOOL_CALL_ARGUMENTS, ...LiveKitAttr.TOOL_ARGUMENTS] as const;
const OUTPUT = [GenAiAttr.TOOL_CALL_RESULT, ...LiveKitAttr.TOOL_OUTPUT] as const;

/**
 * Puts a tool span: name, description, call id, arguments and output (`voice/generation.ts`,
 * `telemetry/gen_ai.ts`). The call id has two names: Catalyst reads `tool_call.id`, Phoenix
 * `tool.id`.
 */
export function putTool(mapping: SpanMapping): void {
  const raw = mapping.raw;
  mapping.put(S.TOOL_NAME, readText(raw, NAME));
  mapping.put(S.TOOL_DESCRIPTION, readText(raw, DESCRIPTION));
  mapping.replaceAll(DESCRIPTION);
  const callId = readText(raw, CALL_ID) ?? mapping.context.toolCallId;
  mapping.put(S.TOOL_CALL_ID, callId);
  mapping.put(S.TOOL_ID, callId);
  const input = takeSerialized(mapping, ARGUMENTS);
  mapping.put(S.TOOL_PARAMETERS, asText(input?.text));
  mapping.putInput(input?.text, input?.mimeType);
  const output = takeSerialized(mapping, OUTPUT);
  mapping.putOutput(output?.text, output?.mimeType);
}

/** The first of these that is recorded; all of them say the same, so none is sent again. */
function takeSerialized(
  mapping: SpanMapping,
  keys: readonly string[],
): SerializedValue | undefined {
  let found: string | undefined;
  for (const key of keys) {
    const value = mapping.raw[key];
    if (typeof value !== 'string') continue;
    found ??= value;
    mapping.replace(key);
  }
  return found === undefined ? undefined : readSerialized(found);
}

/** LiveKit writes JSON, and so plain text quoted. */
function readSerialized(value: string): SerializedValue {
  const parsed = parseJson(value);
  if (typeof parsed === 'string') return { text: parsed, mimeType: MimeType.TEXT };
  return { text: value, mimeType: parsed === undefined ? MimeType.TEXT : MimeType.JSON };
}

/** LiveKit (from 1.5.5) closes an interrupted tool without output and without `is_error`. */
export function isInterruptedTool(raw: Attributes): boolean {
  return raw[LiveKitAttr.TOOL_IS_ERROR] === undefined && firstPresent(raw, OUTPUT) === undefined;
}

/** What the failed tool answered: the message of its `ToolError`. */
export function toolFailureMessage(raw: Attributes): string | undefined {
  const output = readText(raw, OUTPUT);
  return output === undefined ? undefined : readSerialized(output).text;
}
