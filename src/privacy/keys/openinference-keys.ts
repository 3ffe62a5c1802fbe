import type { ContentClass } from '../content-class.js';
import { classifyByRules, sameClass, type KeyRules } from './key-rules.js';

/** Whole keys and prefixes of OpenInference's own vocabulary. */
export const OPENINFERENCE_KEY_RULES: KeyRules = {
  exact: {
    'input.value': 'inputValue',
    'input.mime_type': 'inputMimeType',
    'output.value': 'outputValue',
    'output.mime_type': 'outputMimeType',
    'input.images': 'inputImage',
    'output.images': 'outputImage',
    'llm.invocation_parameters': 'invocationParameters',
    'embedding.invocation_parameters': 'invocationParameters',
    'llm.prompt_template.version': 'none',
    'llm.function_call': 'outputText',
    'llm.user': 'personal',
    'llm.headers': 'rawInput',
    'tool.parameters': 'toolArguments',
    'tool_call.function.arguments': 'toolArguments',
    'tool.description': 'toolDefinition',
    'tool.json_schema': 'toolDefinition',
    'embedding.text': 'embeddingText',
    'embedding.vector': 'embeddingVector',
    'reranker.query': 'rawInput',
    metadata: 'metadata',
    'tag.tags': 'metadata',
    ...sameClass('none', [
      'agent.finalized',
      'agent.id',
      'agent.llm_call_count',
      'agent.name',
      'agent.outcome',
      'agent.previous_id',
      'agent.role',
      'agent.stop_reason',
      'agent.tool_call_count',
      'catalyst.incomplete',
      'embedding.model_name',
      'graph.node.id',
      'graph.node.name',
      'graph.node.parent_id',
      'llm.call_site',
      'llm.cost.completion',
      'llm.cost.completion_details.audio',
      'llm.cost.completion_details.output',
      'llm.cost.completion_details.reasoning',
      'llm.cost.prompt',
      'llm.cost.prompt_details.audio',
      'llm.cost.prompt_details.cache_input',
      'llm.cost.prompt_details.cache_read',
      'llm.cost.prompt_details.cache_write',
      'llm.cost.prompt_details.input',
      'llm.cost.total',
      'llm.finish_reason',
      'llm.is_streaming',
      'llm.model_name',
      'llm.provider',
      'llm.request.model_name',
      'llm.request.type',
      'llm.response.model_name',
      'llm.use_case',
      'llm.system',
      'llm.token_count.completion',
      'llm.token_count.completion_details.audio',
      'llm.token_count.completion_details.reasoning',
      'llm.token_count.prompt',
      'llm.token_count.prompt_details.audio',
      'llm.token_count.prompt_details.cache_input',
      'llm.token_count.prompt_details.cache_read',
      'llm.token_count.prompt_details.cache_write',
      'llm.token_count.total',
      'llm.usage.cache_creation_input_tokens',
      'llm.usage.cache_read_input_tokens',
      'llm.usage.completion_tokens',
      'llm.usage.prompt_tokens',
      'llm.usage.reasoning_tokens',
      'llm.usage.total_tokens',
      'openinference.project.name',
      'openinference.span.kind',
      'prompt.id',
      'prompt.vendor',
      'reranker.model_name',
      'reranker.top_k',
      'session.id',
      'tool.id',
      'tool.name',
      'tool_call.function.name',
      'tool_call.id',
    ]),
  },
  prefixes: [
    ['llm.tools', 'llmTools'],
    ['llm.request.functions.', 'llmTools'],
    ['llm.prompts', 'prompt'],
    ['llm.prompt_template.', 'prompt'],
    ['llm.choices', 'choice'],
    ['llm.invocation_parameters.', 'invocationParameters'],
    ['llm.', 'raw'],
    ['input.images.', 'inputImage'],
    ['input.audio.transcript', 'inputText'],
    ['input.audio.', 'inputAudio'],
    ['input.', 'inputValue'],
    ['output.images.', 'outputImage'],
    ['output.audio.transcript', 'outputText'],
    ['output.audio.', 'outputAudio'],
    ['output.', 'outputValue'],
    ['retrieval.', 'rawOutput'],
    ['reranker.input_documents', 'rawInput'],
    ['reranker.', 'rawOutput'],
    ['document.', 'raw'],
    ['audio.', 'raw'],
    ['image.', 'raw'],
    ['video.', 'raw'],
    ['message.', 'raw'],
    ['message_content.', 'raw'],
  ],
};

const ANY = /(?:)/;
const STRUCTURE =
  /(?:message\.(?:role|name|tool_call_id|function_call_name)|message_content\.(?:type|id)|tool_call\.(?:id|function\.name)|mime_type)$/;
// A video shows what a picture shows, and the specification has no switch of its own for it.
const PICTURE = /(?:image|video)\.url$/;
const SOUND = /audio\.url$/;
const SCORE =
  /(?:^|\.)(?:annotations?|evaluations?)\..*(?:annotation|evaluation)\.(?:name|label|score|identifier|annotator_kind)$/;
const JUDGED = /(?:^|\.)(?:annotations?|evaluations?)\./;

/** Class of the keys with this beginning that look like this. */
type PartRule = readonly [prefix: string, pattern: RegExp, content: ContentClass];

/**
 * Keys with an index in them, the first rule that fits: within messages whatever is not known to be
 * structure or media counts as text.
 */
export const OPENINFERENCE_PART_RULES: readonly PartRule[] = [
  ['llm.input_messages', STRUCTURE, 'inputMessage'],
  ['llm.input_messages', PICTURE, 'inputImage'],
  ['llm.input_messages', SOUND, 'inputAudio'],
  ['llm.input_messages', ANY, 'inputText'],
  ['llm.output_messages', STRUCTURE, 'outputMessage'],
  ['llm.output_messages', PICTURE, 'outputImage'],
  ['llm.output_messages', SOUND, 'outputAudio'],
  ['llm.output_messages', ANY, 'outputText'],
  ['embedding.embeddings', /embedding\.vector$/, 'embeddingVector'],
  ['embedding.embeddings', ANY, 'embeddingText'],
  ['', SCORE, 'none'],
  ['', JUDGED, 'raw'],
];

/** Class of a key that OpenInference defines (`spec/semantic_conventions.md`); `undefined` for others. */
export function classifyOpenInferenceKey(key: string): ContentClass | undefined {
  for (const [prefix, pattern, content] of OPENINFERENCE_PART_RULES) {
    if (key.startsWith(prefix) && pattern.test(key)) return content;
  }
  return classifyByRules(OPENINFERENCE_KEY_RULES, key);
}
