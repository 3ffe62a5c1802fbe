import type { DecodedAttributes } from '../support/otlp-decode.js';

/**
 * A conversation taken apart into what was said, in order, whatever message it stood in: versions
 * of LiveKit group the same calls differently, and nothing may be lost or reordered by it.
 */
export type Atom =
  | { readonly role: string; readonly text: string }
  | { readonly role: string; readonly media: string; readonly url: string | undefined }
  | { readonly call: string; readonly id: string | undefined; readonly arguments: unknown }
  | { readonly resultOf: string | undefined; readonly result: unknown };

interface Json {
  readonly [key: string]: unknown;
}

/** Same JSON is the same value, however it was spaced or quoted. */
function value(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given) as unknown;
  } catch {
    return given;
  }
}

/** Reads `gen_ai.system_instructions`, `gen_ai.input.messages` and `gen_ai.output.messages`. */
export function atomsOfGenAi(system: unknown, messages: unknown): readonly Atom[] {
  const atoms: Atom[] = [];
  for (const part of array(system)) atoms.push({ role: 'system', text: String(part['content']) });
  for (const message of array(messages)) {
    for (const part of message['parts'] as Json[]) {
      if (part['type'] === 'tool_call') {
        atoms.push({
          call: String(part['name']),
          id: asId(part['id']),
          arguments: value(part['arguments']),
        });
      } else if (part['type'] === 'tool_call_response') {
        atoms.push({ resultOf: asId(part['id']), result: value(part['response']) });
      } else if (part['type'] === 'uri' || part['type'] === 'blob') {
        atoms.push({
          role: String(message['role']),
          media: String(part['modality']),
          url: asId(part['uri']) || undefined,
        });
      } else atoms.push({ role: String(message['role']), text: String(part['content']) });
    }
  }
  return atoms;
}

/** Reads `lk.chat_ctx` and `lk.pii.chat_ctx`, snake_case and camelCase. */
export function atomsOfChatContext(context: unknown): readonly Atom[] {
  if (typeof context !== 'string') return [];
  const atoms: Atom[] = [];
  for (const item of (JSON.parse(context) as { items: Json[] }).items) {
    if (item['type'] === 'message') {
      for (const part of item['content'] as (string | Json)[]) {
        const text = String(typeof part === 'string' ? part : (part['text'] ?? part['transcript']));
        atoms.push({ role: String(item['role']), text });
      }
    } else if (item['type'] === 'function_call') {
      const given = value(item['arguments'] ?? item['args']);
      atoms.push({
        call: String(item['name']),
        id: asId(item['call_id'] ?? item['callId']),
        arguments: given,
      });
    } else if (item['type'] === 'function_call_output') {
      atoms.push({
        resultOf: asId(item['call_id'] ?? item['callId']),
        result: value(item['output']),
      });
    }
  }
  return atoms;
}

/** The answer of an `llm_node` without `gen_ai.*`: its text, then its calls. */
export function atomsOfAnswer(
  text: unknown,
  calls: readonly { readonly name: string; readonly id: string | undefined; arguments: unknown }[],
): readonly Atom[] {
  return [
    ...(typeof text === 'string' && text !== '' ? [{ role: 'assistant', text }] : []),
    ...calls.map((call) => ({
      call: call.name,
      id: call.id,
      arguments: value(call.arguments),
    })),
  ];
}

/**
 * Reads flattened messages back; throws when an index is missing or a key below it is none that
 * a message may have.
 */
export function atomsOfMessages(attributes: DecodedAttributes, prefix: string): readonly Atom[] {
  const atoms: Atom[] = [];
  messagesOf(attributes, prefix).forEach((message) => {
    const role = message['message.role'] as string;
    if (role === undefined) throw new Error('a message without a role');
    if (role === 'tool') {
      atoms.push({
        resultOf: message['message.tool_call_id'] as string | undefined,
        result: value(message['message.content']),
      });
      return;
    }
    const text = message['message.content'];
    if (text !== undefined) atoms.push({ role, text: text as string });
    for (const part of indexed(message, 'message.contents')) {
      const type = part['message_content.type'] as string;
      if (type === 'text' || type === 'reasoning') {
        atoms.push({ role, text: part['message_content.text'] as string });
      } else {
        const url = part[`message_content.${type}.${type}.url`] as string | undefined;
        atoms.push({ role, media: type, url });
      }
    }
    for (const call of indexed(message, 'message.tool_calls')) {
      atoms.push({
        call: call['tool_call.function.name'] as string,
        id: call['tool_call.id'] as string | undefined,
        arguments: value(call['tool_call.function.arguments']),
      });
    }
  });
  return atoms;
}

/** `prefix.0`, `prefix.1`, … as objects; throws when one between them is missing. */
export function messagesOf(
  attributes: DecodedAttributes,
  prefix: string,
): readonly DecodedAttributes[] {
  return indexed(attributes, prefix);
}

function indexed(attributes: DecodedAttributes, prefix: string): readonly DecodedAttributes[] {
  const found: DecodedAttributes[] = [];
  for (const [key, entry] of Object.entries(attributes)) {
    if (!key.startsWith(`${prefix}.`)) continue;
    const [index = '', ...rest] = key.slice(prefix.length + 1).split('.');
    if (!/^\d+$/u.test(index)) throw new Error(`${key} has no index`);
    (found[Number(index)] ??= {})[rest.join('.')] = entry;
  }
  for (let index = 0; index < found.length; index += 1) {
    if (found[index] === undefined) throw new Error(`${prefix}.${index} is missing`);
  }
  return found;
}

function asId(given: unknown): string | undefined {
  return typeof given === 'string' ? given : undefined;
}

function array(given: unknown): readonly Json[] {
  return typeof given === 'string' ? (JSON.parse(given) as Json[]) : [];
}
