import { isRecord } from './read-attributes.js';

/** Words of the last message of this role, in the GenAI format; `undefined` when it has none. */
export function lastTextOf(messages: readonly unknown[], role: string): string | undefined {
  for (let index = messages.length - 1; index >= 0; index -= 1) {
    const message = messages[index];
    if (!isRecord(message) || message['role'] !== role) continue;
    const text = textOfParts(message['parts']);
    if (text !== undefined) return text;
  }
  return undefined;
}

function textOfParts(parts: unknown): string | undefined {
  if (!Array.isArray(parts)) return undefined;
  const texts: string[] = [];
  for (const part of parts) {
    if (!isRecord(part)) continue;
    const text = part['type'] === 'text' ? part['content'] : part['transcript'];
    if (typeof text === 'string' && text !== '') texts.push(text);
  }
  return texts.length > 0 ? texts.join('\n') : undefined;
}

/** Tool calls of these messages as JSON text: what a step says that says no words. */
export function toolCallsText(messages: readonly unknown[]): string | undefined {
  const calls = messages
    .flatMap((message) =>
      isRecord(message) && Array.isArray(message['parts']) ? message['parts'] : [],
    )
    .filter(isRecord)
    .filter((part) => part['type'] === 'tool_call')
    .map(({ id, name, arguments: given }) => ({ id, name, arguments: given }));
  return calls.length > 0 ? JSON.stringify(calls) : undefined;
}
