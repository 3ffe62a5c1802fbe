import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { mapProvider } from '../../mapping/providers.js';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import {
  listIn,
  recordsIn,
  without,
  type CallAnswer,
  type CallRequest,
  type Message,
} from '../call-attributes.js';
import { langChainMessage, langChainUsage } from './messages.js';
import type { RunStart } from './run-spans.js';

const NOT_PARAMETERS = ['model', 'model_name', 'tools', 'functions', 'messages', 'input', 'prompt'];

export function requestOf(
  { metadata }: RunStart,
  messages: readonly Message[],
  extra: unknown,
): CallRequest {
  const asked =
    isRecord(extra) && isRecord(extra['invocation_params']) ? extra['invocation_params'] : {};
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

/** The answer as LangChain has it, and what the provider said of it where that was seen. */
export function langChainAnswer(output: unknown, seen: CallAnswer | undefined): CallAnswer {
  const generations = listIn(isRecord(output) ? output['generations'] : undefined).flatMap(listIn);
  const [first] = recordsIn(generations);
  const message = isRecord(first?.['message']) ? first['message'] : {};
  const response = isRecord(message['response_metadata']) ? message['response_metadata'] : {};
  const info = isRecord(first?.['generationInfo']) ? first['generationInfo'] : {};
  return {
    id: seen?.id ?? asText(response['id']) ?? providersId(message['id']),
    model: seen?.model ?? asText(response['model_name']) ?? asText(response['model']),
    finishReason:
      seen?.finishReason ??
      asText(response['finish_reason']) ??
      asText(response['stop_reason']) ??
      asText(info['finish_reason']),
    usage: seen?.usage ?? langChainUsage(message['usage_metadata']) ?? reportedUsage(output),
    messages: recordsIn(generations).flatMap(
      (each) => langChainMessage(each['message']) ?? assistantMessage(each['text']),
    ),
    isComplete: true,
  };
}

/** A message that its provider gave no id has that of its run. */
function providersId(id: unknown): string | undefined {
  return typeof id === 'string' && !/^(?:lc_)?run-/u.test(id) ? id : undefined;
}

/** Of models that answer with text alone. */
function reportedUsage(output: unknown): CallAnswer['usage'] {
  const reported = isRecord(output) && isRecord(output['llmOutput']) ? output['llmOutput'] : {};
  const usage = isRecord(reported['tokenUsage']) ? reported['tokenUsage'] : {};
  const { promptTokens: prompt, completionTokens: completion } = usage;
  if (typeof prompt !== 'number' || typeof completion !== 'number') return undefined;
  return { prompt, completion };
}

export function userMessage(content: unknown): Message {
  return { role: 'user', parts: [{ type: 'text', content }] };
}

function assistantMessage(content: unknown): Message {
  return { role: 'assistant', parts: [{ type: 'text', content }] };
}

export function documentAttributes(documents: unknown): Readonly<Record<string, unknown>> {
  const pairs = recordsIn(documents).flatMap((document, at) => {
    const metadata = isRecord(document['metadata']) ? document['metadata'] : undefined;
    const prefix = `${S.RETRIEVAL_DOCUMENTS}.${at}.`;
    return [
      [prefix + S.DOCUMENT_ID, document['id']],
      [prefix + S.DOCUMENT_SCORE, metadata?.['score'] ?? metadata?.['relevance_score']],
      [prefix + S.DOCUMENT_CONTENT, document['pageContent'] ?? document['page_content']],
      [prefix + S.DOCUMENT_METADATA, metadata],
    ] as const;
  });
  return Object.fromEntries(pairs);
}
