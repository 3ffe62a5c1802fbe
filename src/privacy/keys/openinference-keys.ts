import type { ContentClass } from '../../mapping/attribute-sink.js';
import { classifyByRules, sameClass, type KeyRules } from './key-rules.js';

const OPENINFERENCE_KEY_RULES: KeyRules = {
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
      'llm.finish_reason',
      'llm.is_streaming',
      'llm.model_name',
      'llm.provider',
      'llm.request.model_name',
      'llm.request.type',
      'llm.response.model_name',
      'llm.system',
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
    ['llm.token_count.', 'none'],
    ['llm.usage.', 'none'],
    ['llm.cost.', 'none'],
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
    ['metadata.', 'metadata'],
    ['tag.', 'metadata'],
  ],
};

const INPUT_MESSAGES = 'llm.input_messages';
const OUTPUT_MESSAGES = 'llm.output_messages';
const STRUCTURE =
  /(?:message\.(?:role|name|tool_call_id|function_call_name)|message_content\.(?:type|id)|tool_call\.(?:id|function\.name)|mime_type)$/;
const SCORE = /(?:annotation|evaluation)\.(?:name|label|score|identifier|annotator_kind)$/;
const JUDGED = /(?:^|\.)(?:annotations?|evaluations?)\./;
const EMBEDDED = 'embedding.embeddings';

/**
 * Class of a key that OpenInference defines (`spec/semantic_conventions.md`); `undefined` for others.
 *
 * Within messages whatever is not known to be structure or media counts as text.
 */
export function classifyOpenInferenceKey(key: string): ContentClass | undefined {
  if (key.startsWith(INPUT_MESSAGES)) {
    if (STRUCTURE.test(key)) return 'inputMessage';
    if (isImageKey(key)) return 'inputImage';
    return key.endsWith('audio.url') ? 'inputAudio' : 'inputText';
  }
  if (key.startsWith(OUTPUT_MESSAGES)) {
    if (STRUCTURE.test(key)) return 'outputMessage';
    if (isImageKey(key)) return 'outputImage';
    return key.endsWith('audio.url') ? 'outputAudio' : 'outputText';
  }
  if (key.startsWith(EMBEDDED)) {
    return key.endsWith('embedding.vector') ? 'embeddingVector' : 'embeddingText';
  }
  if (JUDGED.test(key)) return SCORE.test(key) ? 'none' : 'raw';
  return classifyByRules(OPENINFERENCE_KEY_RULES, key);
}

/** A video shows what a picture shows, and the specification has no switch of its own for it. */
function isImageKey(key: string): boolean {
  return key.endsWith('image.url') || key.endsWith('video.url');
}
