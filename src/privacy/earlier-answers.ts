import type { AttributeValue } from '@opentelemetry/api';
import type { ContentClass } from './content-rules.js';
import { looksLikeJson } from './hide-in-json.js';

const MESSAGE = /^llm\.input_messages\.\d+(?=\.)/;
const ASKING_ROLES: ReadonlySet<unknown> = new Set(['user', 'system', 'developer', 'human']);
const ANSWERING_ROLES: ReadonlySet<unknown> = new Set([
  'ai',
  'assistant',
  'model',
  'tool',
  'function',
]);

/** `"role": "user"`, as a tuple and printed by JavaScript or Python too: the author of a message. */
const AUTHOR =
  /\b(?:role|author|sender)["']?\s{0,8}[:=]\s{0,8}["'](\w{1,32})|\[\s{0,8}["'](\w{1,32})["'],/g;
/** LangChain's classes of messages. */
const ASKING_CLASS = /\b(?:Human|System)Message/;
/**
 * What only a message of a model or a tool has, in the APIs in use: a class, a type, a property, a
 * mark of a prompt in one piece.
 */
const ANSWER = new RegExp(
  [
    /\b(?:AI|Tool|Function|Chat|Assistant)Message/,
    /["']?type["']?\s{0,8}[:=]\s{0,8}["'](?:assistant|model|ai|tool|function|reasoning|thinking|refusal|output_text|tool_use|[\w-]{0,32}[_-](?:call|result|output|response))["']/,
    /["']?(?:toolResults?|toolUse|tool_results?|tool_calls|toolCalls|functionCall|function_call|functionResponse|function_response|generated_responses|chat_history)["']?\s{0,8}[:=]/,
    /(?:^|\n|["'])\s{0,8}(?:assistant|ai|bot|chatbot|model|agent)\s{0,8}:\s/,
    /<\|?(?:im_start\|>|start_header_id\|>|start_of_turn>)?\s{0,8}(?:assistant|model)\b|\[\/INST\]/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'i',
);

/**
 * Whether an input may repeat what a model or a tool said. In a request to a model somebody must be
 * named as the one who asks: else nobody knows who wrote it.
 */
function mayRepeatAnswer(value: string, isRequest: boolean): boolean {
  // In JSON inside JSON every quotation mark has backslashes before it.
  const text = value.replaceAll('\\n', '\n').replaceAll('\\', '');
  if (ANSWER.test(text)) return true;
  let isAsked = ASKING_CLASS.test(text);
  for (const [, role, tuple] of text.matchAll(AUTHOR)) {
    const author = (role ?? tuple)?.toLowerCase();
    const isAsking = ASKING_ROLES.has(author);
    if (!isAsking && (role !== undefined || ANSWERING_ROLES.has(author))) return true;
    isAsked ||= isAsking;
  }
  return isRequest && !isAsked && looksLikeJson(text);
}

/**
 * Finds the input of a span that repeats an earlier answer, of the model or of a tool.
 *
 * A conversation sends every answer back with the next request, so hiding outputs means hiding them
 * there as well. A role comes before the text it belongs to; text whose role was not seen is taken
 * for an answer.
 */
export class MessageHistory {
  readonly #asked = new Set<string>();
  readonly #isModelCall: boolean;

  constructor(kind: string) {
    this.#isModelCall = kind === 'LLM';
  }

  /** Whether this value of the input side repeats an answer. Sees the values in their order. */
  repeatsAnswer(key: string, value: AttributeValue, content: ContentClass): boolean {
    switch (content) {
      case 'inputMessage':
        if (key.endsWith('.message.role') && ASKING_ROLES.has(value)) {
          this.#asked.add(MESSAGE.exec(key)?.[0] ?? '');
        }
        return false;
      case 'inputText':
      case 'inputImage':
      case 'inputAudio':
        return !this.#asked.has(MESSAGE.exec(key)?.[0] ?? key);
      case 'inputValue':
        return [value].flat().some((text) => mayRepeatAnswer(String(text), this.#isModelCall));
      case 'prompt':
        return [value].flat().some((text) => mayRepeatAnswer(String(text), false));
      default:
        return false;
    }
  }
}
