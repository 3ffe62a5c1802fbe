import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { mapProvider } from '../../mapping/providers.js';
import { asText, isRecord, recordIn, type JsonRecord } from '../../mapping/read-attributes.js';
import { readUsage, type NormalizedUsage } from '../../spans/usage.js';
import type { CallAnswer, CallRequest } from '../call-attributes.js';
import { callIn } from '../integration.js';
import { listIn, readMessage, recordsIn, without, type Message } from '../messages.js';

/** Roles by the names of classes, in messages that were serialized. */
const CLASS_ROLES: Readonly<Record<string, string>> = {
  HumanMessage: 'user',
  AIMessage: 'assistant',
  AIMessageChunk: 'assistant',
  SystemMessage: 'system',
  ToolMessage: 'tool',
};

/** A chain says lists of lists of messages, deep states and whole documents: enough to read. */
const MAX_DEPTH = 8;

/** A message of LangChain's: an object, or one that was serialized for LangSmith. */
export function langChainMessage(value: unknown): Message | undefined {
  const role = roleOf(value);
  return role === undefined ? undefined : readMessage(fieldsOf(value), role);
}

export function langChainMessages(values: unknown): readonly Message[] {
  return listIn(values).flatMap((value) => langChainMessage(value) ?? []);
}

const NOT_PARAMETERS = ['model', 'model_name', 'tools', 'functions', 'messages', 'input', 'prompt'];

export function langChainRequest(
  metadata: JsonRecord,
  messages: readonly Message[],
  extra: unknown,
): CallRequest {
  const asked = recordIn(recordIn(extra)['invocation_params']);
  return {
    ...modelIn(metadata, asText(asked['model']) ?? asText(asked['model_name']), 'langchain'),
    messages,
    tools: [...listIn(asked['tools']), ...listIn(asked['functions'])],
    parameters: without(asked, NOT_PARAMETERS),
  };
}

/** The model, by what LangChain and LangSmith know of it, else by what was asked. */
export function modelIn(
  metadata: JsonRecord,
  asked: string | undefined,
  framework: string,
): Pick<CallRequest, 'model' | 'system' | 'provider'> {
  const known = mapProvider(asText(metadata['ls_provider']));
  const model = asText(metadata['ls_model_name']) ?? asked;
  return { model, system: known?.system ?? framework, provider: known?.provider };
}

export function langChainAnswer(output: unknown): CallAnswer {
  const { generations, llmOutput } = recordIn(output);
  const answers = recordsIn(listIn(generations).flat());
  const message = recordIn(answers[0]?.['message']);
  const response = recordIn(message['response_metadata']);
  const info = recordIn(answers[0]?.['generationInfo']);
  // A message that its provider gave no id has that of its run.
  const id = asText(response['id']) ?? asText(message['id']);
  // Of models that answer with text alone.
  const reported = readUsage(recordIn(llmOutput)['tokenUsage']);
  const isCounted = reported.prompt !== undefined && reported.completion !== undefined;
  return {
    id: id !== undefined && /^(?:lc_)?run-/u.test(id) ? undefined : id,
    model: asText(response['model_name']) ?? asText(response['model']),
    finishReason:
      asText(response['finish_reason']) ??
      asText(response['stop_reason']) ??
      asText(info['finish_reason']),
    usage: langChainUsage(message['usage_metadata']) ?? (isCounted ? reported : undefined),
    messages: answers.map(
      (each) =>
        langChainMessage(each['message']) ??
        readMessage({ role: 'assistant', content: each['text'] }),
    ),
    isComplete: true,
  };
}

/** Counts of `usage_metadata`, in the form that LangChain gives those of all providers. */
export function langChainUsage(usage: unknown): NormalizedUsage | undefined {
  if (!isRecord(usage)) return undefined;
  const input = recordIn(usage['input_token_details']);
  const output = recordIn(usage['output_token_details']);
  return readUsage({
    input_tokens: usage['input_tokens'],
    output_tokens: usage['output_tokens'],
    input_token_details: { cached_tokens: input['cache_read'], audio_tokens: input['audio'] },
    inputTokenDetails: { cacheWriteTokens: input['cache_creation'] },
    output_tokens_details: { reasoning_tokens: output['reasoning'] },
    output_token_details: { audio_tokens: output['audio'] },
  });
}

export function documentAttributes(documents: unknown): Readonly<Record<string, unknown>> {
  const pairs = recordsIn(documents).flatMap((document, at) => {
    const { id, metadata } = document;
    const prefix = `${S.RETRIEVAL_DOCUMENTS}.${at}.`;
    const { score, relevance_score: relevance } = recordIn(metadata);
    return [
      [prefix + S.DOCUMENT_ID, id],
      [prefix + S.DOCUMENT_SCORE, score ?? relevance],
      [prefix + S.DOCUMENT_CONTENT, document['pageContent'] ?? document['page_content']],
      [prefix + S.DOCUMENT_METADATA, metadata],
    ] as const;
  });
  return Object.fromEntries(pairs);
}

/**
 * What went into a run or came out of it, as people write it: text where it is text, else plain
 * objects. LangChain's own form is `{ lc: 1, type: 'constructor', kwargs }`, three levels per message.
 */
export function plainValue(value: unknown): unknown {
  const message = langChainMessage(value);
  if (message !== undefined) {
    const texts = message.parts.map((part) => part['content'] ?? part['response']);
    const isText = message.parts.every(({ type }) => type === 'text' || type.endsWith('response'));
    return isText && texts.length > 0 ? texts.join('\n') : plain(value, 0);
  }
  // What is no object was put into one for the callbacks.
  if (isRecord(value)) {
    const [only = '', ...others] = Object.keys(value);
    const isWrapped = others.length === 0 && /^(?:inputs?|outputs?)$/u.test(only);
    if (isWrapped) return value[only] === '' ? undefined : plainValue(value[only]);
  }
  return plain(value, 0);
}

function plain(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth > MAX_DEPTH) return '…';
  if (Array.isArray(value)) return value.map((each: unknown) => plain(each, depth + 1));
  if (value instanceof Date || value instanceof Error || ArrayBuffer.isView(value)) return value;
  const fields = fieldsOf(value);
  const role = roleOf(value);
  const { content, name, tool_call_id, tool_calls: calls } = fields;
  const tool_calls = listIn(calls).length > 0 ? calls : undefined;
  const shown = role === undefined ? fields : { role, content, name, tool_call_id, tool_calls };
  return Object.fromEntries(
    Object.entries(shown)
      .filter(([key, field]) => field !== undefined && !key.startsWith('lc_'))
      .map(([key, field]) => [key, plain(field, depth + 1)]),
  );
}

function fieldsOf(value: unknown): JsonRecord {
  const fields = recordIn(value);
  return fields['lc'] === 1 && isRecord(fields['kwargs']) ? fields['kwargs'] : fields;
}

/** `undefined` for what is no message. */
function roleOf(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  const { lc, id, role } = value;
  const className = lc === 1 ? asText(listIn(id).at(-1)) : undefined;
  if (className !== undefined) return CLASS_ROLES[className];
  const type = asText(callIn(value, '_getType') ?? callIn(value, 'getType'));
  if (type !== undefined && type !== 'generic') return type;
  return type === 'generic' || 'content' in value ? asText(role) : undefined;
}
