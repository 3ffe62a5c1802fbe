import { asText, isRecord, type JsonRecord } from './read-attributes.js';

/**
 * Messages in the GenAI format, whatever shape they were recorded in: `{role, parts}` as LiveKit
 * writes them, `{role, content}` as others do. What is neither stays as JSON text, since the raw
 * attribute is not sent beside these.
 */
export function asMessages(messages: readonly unknown[], role: string): readonly JsonRecord[] {
  return messages.map((message) => {
    if (!isRecord(message)) return { role, parts: asParts([message]) };
    const { parts } = message;
    if (!Array.isArray(parts)) return withParts(message, role);
    return parts.every(isRecord) ? message : { ...message, parts: asParts(parts) };
  });
}

/** Parts of a message: text for a string, JSON text for what is no part at all. */
export function asParts(parts: readonly unknown[]): readonly JsonRecord[] {
  return parts.map((part) => {
    if (!isRecord(part)) return textPart(typeof part === 'string' ? part : JSON.stringify(part));
    const isOpenAiText = part['type'] === 'text' && part['content'] === undefined;
    const text = part['text'];
    return isOpenAiText && typeof text === 'string' ? textPart(text) : part;
  });
}

function withParts(message: JsonRecord, fallbackRole: string): JsonRecord {
  const { role, name, content, ...rest } = message;
  const said = Array.isArray(content) ? content : [content];
  const parts = asParts(said.filter((part) => part !== undefined && part !== null));
  const more = Object.keys(rest).length > 0 ? [textPart(JSON.stringify(rest))] : [];
  return { role: asText(role) ?? fallbackRole, name, parts: [...parts, ...more] };
}

function textPart(content: string): JsonRecord {
  return { type: 'text', content };
}
