import { looksLikeJson, rewriteJson } from './json-scanner.js';
import { REDACTED_VALUE } from './redacted-value.js';

/** Parameters of model calls that hold what the caller said, in the APIs in use. */
const CONTENT_PARAMETERS: ReadonlySet<string | number> = new Set([
  'contents',
  'documents',
  'functions',
  'input',
  'inputs',
  'instructions',
  'messages',
  'metadata',
  'prediction',
  'prompt',
  'query',
  'safety_identifier',
  'suffix',
  'system',
  'systemInstruction',
  'system_instruction',
  'tools',
  'user',
]);

/** Hides what belongs to the input among the parameters of a model call; the numbers stay. */
export function hideInputParameters(key: string, value: string): string {
  if (CONTENT_PARAMETERS.has(key.slice(key.lastIndexOf('.') + 1))) return REDACTED_VALUE;
  if (!looksLikeJson(value)) return value;
  return rewriteJson(value, {
    hides: (frames) => CONTENT_PARAMETERS.has(frames.at(-1)?.segment ?? 0),
    replacement: REDACTED_VALUE,
  });
}

/** Properties of a model call's request that offer tools, in the APIs in use. */
const TOOL_PROPERTIES: ReadonlySet<string | number> = new Set([
  'functionDeclarations',
  'function_declarations',
  'functions',
  'toolConfig',
  'tools',
]);

/** Hides the tools in a request that stands in a value as JSON, beside or among its parameters. */
export function hideOfferedTools(key: string, value: string): string {
  if (TOOL_PROPERTIES.has(key.slice(key.lastIndexOf('.') + 1))) return REDACTED_VALUE;
  if (!looksLikeJson(value)) return value;
  return rewriteJson(value, {
    hides: (frames) => TOOL_PROPERTIES.has(frames.at(-1)?.segment ?? 0),
    replacement: REDACTED_VALUE,
  });
}
