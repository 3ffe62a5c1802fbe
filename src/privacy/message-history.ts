import type { ContentClass } from './content-class.js';

const MESSAGE = /^llm\.input_messages\.\d+(?=\.)/;
const ASKING_ROLES: ReadonlySet<unknown> = new Set(['user', 'system', 'developer', 'human']);
const TOLD_BY_MODEL_OR_TOOL =
  /"(?:role|type)"\s{0,8}:\s{0,8}"(?:assistant|model|ai|tool|function|tool_(?:use|call|result)|function_call|function_call_output|tool_call_response)"/i;

/**
 * Tells which input messages repeat an earlier answer, of the model or of a tool.
 *
 * A conversation sends every answer back with the next request, so hiding outputs means hiding them
 * there as well. A role stands before the text it belongs to; text whose role was not seen is taken
 * for an answer.
 */
export class MessageHistory {
  readonly #asked = new Set<string>();

  /** Whether this value of the input side repeats an answer. Sees the values in their order. */
  repeatsAnswer(key: string, value: unknown, content: ContentClass): boolean {
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
      case 'prompt':
        return typeof value === 'string' && TOLD_BY_MODEL_OR_TOOL.test(value);
      default:
        return false;
    }
  }
}
