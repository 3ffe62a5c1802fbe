import { MimeType, SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { putInput, putOutput } from './input-output.js';
import {
  CHAT_CONTEXT,
  CONVERSATION_KEYS,
  readAnswer,
  readConversation,
  type Conversation,
} from './conversation.js';
import { INPUT_SIDE, OUTPUT_SIDE } from './message-side.js';
import { lastTextOf, toolCallsText } from './message-text.js';
import { putMessages, putSystemInstructions } from './put-messages.js';
import { putModel } from './model.js';
import { parseJsonArray } from './read-attributes.js';
import type { MappingContext } from './span-input.js';
import type { SpanMapping } from './span-mapping.js';
import { putTokenCounts, withholdUsage } from './token-counts.js';

const TOOL_DEFINITIONS = 'gen_ai.tool.definitions';
const TOOL_NAMES = 'lk.function_tools';
const TOOLS_PREFIX = `${S.LLM_TOOLS}.`;

/**
 * Puts an LLM span. Of the spans that stand for one model call, the one with the conversation gets
 * the messages and the one with the usage gets the tokens; the others carry short input and output.
 */
export function putLlmCall(mapping: SpanMapping, facts: MappingContext): void {
  putModel(mapping, facts.failure !== undefined);
  if (facts.tokensBelow) withholdUsage(mapping);
  else putTokenCounts(mapping);
  if (facts.messagesBelow) putAboveConversation(mapping, facts);
  else putOwnConversation(mapping, facts);
}

/** The history is not even parsed here: it is the greater part of all bytes, and stands below. */
function putAboveConversation(mapping: SpanMapping, facts: MappingContext): void {
  for (const key of [...CONVERSATION_KEYS, ...CHAT_CONTEXT, TOOL_DEFINITIONS]) {
    mapping.replace(key);
  }
  const answer = readAnswer(mapping.raw, []);
  for (const source of answer.sources) mapping.replace(source);
  putInput(mapping, facts.input);
  if (answer.messages.length > 0) putAnswer(mapping, answer.messages);
  else putOutput(mapping, facts.output);
}

function putOwnConversation(mapping: SpanMapping, facts: MappingContext): void {
  const conversation = readConversation(mapping.raw, facts.toolCalls);
  for (const source of conversation.sources) mapping.replace(source);
  putInput(mapping, askedText(conversation));
  putAnswer(mapping, conversation.output);
  putConversation(mapping, conversation);
  putToolDefinitions(mapping);
}

/** What the model was last asked: by the user, or where nobody spoke, by its instructions. */
function askedText({ system, input }: Conversation): string | undefined {
  return (
    lastTextOf(input, 'user') ??
    lastTextOf(input, 'system') ??
    lastTextOf([{ role: 'system', parts: system }], 'system')
  );
}

/** Puts the words of an answer; the tool calls, of one that has none. */
export function putAnswer(mapping: SpanMapping, output: readonly unknown[]): void {
  const said = lastTextOf(output, 'assistant');
  if (said !== undefined) putOutput(mapping, said);
  else putOutput(mapping, toolCallsText(output), MimeType.JSON);
}

function putConversation(mapping: SpanMapping, conversation: Conversation): void {
  if (!mapping.hasUnder(INPUT_SIDE.prefix)) {
    const next = putSystemInstructions(mapping, INPUT_SIDE, conversation.system);
    putMessages(mapping, INPUT_SIDE, conversation.input, next);
  }
  if (!mapping.hasUnder(OUTPUT_SIDE.prefix)) {
    putMessages(mapping, OUTPUT_SIDE, conversation.output, 0);
  }
}

/** Tool definitions as LiveKit records them: without parameters, and up to 1.7.1 by name alone. */
function putToolDefinitions(mapping: SpanMapping): void {
  if (mapping.hasUnder(TOOLS_PREFIX)) return;
  const recorded = parseJsonArray(mapping.raw[TOOL_DEFINITIONS]);
  if (recorded !== undefined) mapping.replace(TOOL_DEFINITIONS);
  const definitions =
    recorded ??
    parseJsonArray(mapping.raw[TOOL_NAMES])?.map((name) => ({ type: 'function', name })) ??
    [];
  definitions.forEach((definition, index) =>
    mapping.putIndexed(`${TOOLS_PREFIX}${index}.${S.TOOL_JSON_SCHEMA}`, JSON.stringify(definition)),
  );
}
