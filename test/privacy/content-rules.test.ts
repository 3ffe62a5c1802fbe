import { randomBytes } from 'node:crypto';
import { trace, type AttributeValue } from '@opentelemetry/api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { setup, type PrivacyOptions } from '../../src/index.js';
import { startReceiver, type Receiver } from '../support/otlp-receiver.js';

const CANARY = `canary${randomBytes(8).toString('hex')}`;
const INPUT = 'llm.input_messages.0.message';
const OUTPUT = 'llm.output_messages.0.message';

/** Keys of each class of content, as instrumentations write them; `unheard_of` stands for any. */
const KEYS = {
  inputValue: ['input.value', 'input.unheard_of'],
  inputMimeType: ['input.mime_type'],
  outputValue: ['output.value', 'output.unheard_of'],
  outputMimeType: ['output.mime_type'],
  inputMessage: [`${INPUT}.role`, `${INPUT}.name`, `${INPUT}.tool_calls.0.tool_call.id`],
  inputText: [
    `${INPUT}.content`,
    `${INPUT}.contents.1.message_content.text`,
    `${INPUT}.tool_calls.0.tool_call.function.arguments`,
    `${INPUT}.unheard_of`,
    'input.audio.transcript.unheard_of',
  ],
  inputImage: [
    `${INPUT}.contents.0.message_content.image.image.url`,
    `${INPUT}.contents.0.message_content.video.video.url`,
    'input.images',
    'input.images.unheard_of',
  ],
  inputAudio: [`${INPUT}.contents.0.message_content.audio.audio.url`, 'input.audio.unheard_of'],
  outputMessage: [`${OUTPUT}.role`, `${OUTPUT}.name`, `${OUTPUT}.tool_calls.0.tool_call.id`],
  outputText: [
    `${OUTPUT}.content`,
    `${OUTPUT}.unheard_of`,
    'llm.function_call',
    'output.audio.transcript.unheard_of',
  ],
  outputImage: [
    `${OUTPUT}.contents.0.message_content.image.image.url`,
    'output.images',
    'output.images.unheard_of',
  ],
  outputAudio: [`${OUTPUT}.contents.0.message_content.audio.audio.url`, 'output.audio.unheard_of'],
  llmTools: [
    'llm.tools.0.tool.json_schema',
    'llm.request.functions.unheard_of',
    'lk.function_tools',
    'lk.provider_tools',
    'lk.tool_sets',
    'gen_ai.tool.definitions',
    'ai.prompt.tools',
    'ai.prompt.toolChoice',
  ],
  invocationParameters: [
    'llm.invocation_parameters',
    'llm.invocation_parameters.unheard_of',
    'embedding.invocation_parameters',
  ],
  prompt: [
    'llm.prompts.0.prompt.text',
    'llm.prompt_template.variables',
    'traceloop.prompt.unheard_of',
  ],
  choice: ['llm.choices.0.completion.text'],
  embeddingText: [
    'embedding.embeddings.0.embedding.text',
    'embedding.text',
    'ai.value',
    'ai.values',
  ],
  embeddingVector: [
    'embedding.embeddings.0.embedding.vector',
    'embedding.vector',
    'ai.embedding',
    'ai.embeddings',
  ],
  toolArguments: [
    'tool.parameters',
    'tool_call.function.arguments',
    'lk.function_tool.arguments',
    'gen_ai.tool.call.arguments',
    'ai.toolCall.args',
    'ai.toolCall.input',
  ],
  toolDefinition: ['tool.description', 'tool.json_schema', 'gen_ai.tool.description'],
  exception: [
    'exception.message',
    'exception.unheard_of',
    'error.message',
    'otel.status_description',
  ],
  stack: ['exception.stacktrace', 'error.stack'],
  metadata: [
    'metadata',
    'tag.tags',
    'customer.note',
    'app.pii.note',
    'ai.telemetry.metadata.unheard_of',
    'traceloop.association.properties.unheard_of',
  ],
  personal: [
    'user.id',
    'user.unheard_of',
    'enduser.unheard_of',
    'client.address',
    'lk.participant_identity',
    'lk.room_name',
    'lk.pii.room_name',
    'gen_ai.user',
    'llm.user',
    'ai.telemetry.metadata.userId',
    'langfuse.trace.user_id',
    'langfuse.user.id',
    'traceloop.association.properties.user_id',
    'http.user_agent',
    'user_agent.original',
    'http.client_ip',
    'net.sock.peer.unheard_of',
    'net.peer.ip.unheard_of',
    'network.peer.unheard_of',
  ],
  rawInput: [
    'lk.user_input',
    'lk.pii.user_input',
    'lk.user_transcript',
    'lk.instructions',
    'lk.amd.transcript',
    'gen_ai.system_instructions',
    'gen_ai.agent.description',
    'gen_ai.retrieval.query.text',
    'gen_ai.memory.query.text',
    'llm.headers',
    'reranker.query',
    'reranker.input_documents.unheard_of',
    'http.url',
    'http.target',
    'http.route.params',
    'http.request.header.authorization',
    'url.query',
    'db.statement',
    'db.query.text',
    'db.query.parameter.unheard_of',
    'graphql.document',
    'graphql.source',
  ],
  rawOutput: [
    'lk.response.text',
    'lk.pii.response.text',
    'lk.response.function_calls',
    'lk.input_text',
    'lk.function_tool.output',
    'gen_ai.output.messages',
    'gen_ai.completion',
    'gen_ai.completion.0.content',
    'gen_ai.tool.call.result',
    'gen_ai.tool.message',
    'gen_ai.retrieval.documents',
    'gen_ai.memory.records',
    'retrieval.documents.0.document.content',
    'reranker.unheard_of',
    'ai.response.text',
    'ai.toolCall.result',
    'ai.toolCall.output',
    'traceloop.entity.output',
    'langfuse.observation.output.unheard_of',
    'langfuse.trace.output.unheard_of',
    'http.response.header.unheard_of',
  ],
  raw: [
    'lk.chat_ctx',
    'lk.amd.reason',
    'lk.pii.e2e_latency',
    'lk.unheard_of',
    'gen_ai.input.messages',
    'gen_ai.prompt',
    'gen_ai.prompt.0.content',
    'ai.prompt',
    'ai.prompt.messages',
    'ai.request.unheard_of',
    'traceloop.entity.input',
    'langfuse.observation.input.unheard_of',
    'langfuse.trace.input.unheard_of',
    'gen_ai.unheard_of',
    'llm.unheard_of',
    'annotations.0.annotation.explanation',
    'document.unheard_of',
    'audio.unheard_of',
    'image.unheard_of',
    'video.unheard_of',
    'message.unheard_of',
    'message_content.unheard_of',
    'ai.unheard_of',
    'traceloop.unheard_of',
    'langfuse.unheard_of',
    'langsmith.unheard_of',
    'http.unheard_of',
    'db.unheard_of',
    // Vocabularies of names, counts and places, where applications put words of their own as well.
    'net.unheard_of',
    'network.unheard_of',
    'server.unheard_of',
    'code.unheard_of',
    'thread.unheard_of',
    'otel.unheard_of',
    'telemetry.unheard_of',
    'service.unheard_of',
    'deployment.unheard_of',
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

type Content = keyof typeof KEYS;
/** `R` is `__REDACTED__`, `E` LiveKit's words for an exception, `-` nothing. */
type Mark = 'R' | 'E' | '-';
const SENT = { R: '__REDACTED__', E: 'exception details redacted', '-': undefined } as const;

/** What nobody's words are: it is sent whatever is withheld. */
const STRUCTURE: Readonly<Record<string, AttributeValue>> = {
  'openinference.span.kind': 'LLM',
  'llm.token_count.total': 42,
  'llm.model_name': 'a-model',
  'gen_ai.usage.input_tokens': 40,
  'lk.e2e_latency': 0.7,
  'lk.interrupted': true,
  'tool.name': 'lookup',
  'exception.type': 'Error',
  'http.request.method': 'GET',
  'server.unheard_of': 17,
  'annotations.0.annotation.score': 1,
};

function withheld(more: Readonly<Partial<Record<Content, Mark>>>): Partial<Record<Content, Mark>> {
  const all: Partial<Record<Content, Mark>> = {};
  for (const content of Object.keys(KEYS) as Content[]) {
    if (content !== 'personal') all[content] = content === 'exception' ? 'E' : '-';
  }
  return { ...all, ...more };
}

/** An input whose role nobody gave may be an earlier answer. */
const MAYBE_ANSWERS = { inputText: 'R', inputImage: 'R', inputAudio: 'R' } as const;

/** OpenInference's configuration specification. What is not here is sent. */
const SWITCHES: readonly (readonly [
  privacy: PrivacyOptions,
  expected: Readonly<Partial<Record<Content, Mark>>>,
])[] = [
  [{}, {}],
  [{ allowPii: false }, withheld({ personal: '-' })],
  [{ captureMessageContent: false }, withheld({})],
  [
    { hideInputs: true },
    {
      inputValue: 'R',
      inputMimeType: '-',
      inputMessage: '-',
      inputText: '-',
      inputImage: '-',
      inputAudio: '-',
      llmTools: '-',
      toolDefinition: '-',
      toolArguments: 'R',
      prompt: 'R',
      embeddingText: 'R',
      embeddingVector: 'R',
      exception: 'E',
      stack: '-',
      metadata: '-',
      rawInput: '-',
      raw: '-',
    },
  ],
  [
    { hideOutputs: true },
    {
      outputValue: 'R',
      outputMimeType: '-',
      outputMessage: '-',
      outputText: '-',
      outputImage: '-',
      outputAudio: '-',
      choice: 'R',
      exception: 'E',
      stack: '-',
      metadata: '-',
      rawOutput: '-',
      raw: '-',
      ...MAYBE_ANSWERS,
    },
  ],
  [
    { hideInputMessages: true },
    {
      inputMessage: '-',
      inputText: '-',
      inputImage: '-',
      inputAudio: '-',
      rawInput: '-',
      raw: '-',
    },
  ],
  [
    { hideOutputMessages: true },
    {
      outputMessage: '-',
      outputText: '-',
      outputImage: '-',
      outputAudio: '-',
      rawOutput: '-',
      raw: '-',
      ...MAYBE_ANSWERS,
    },
  ],
  [{ hideInputText: true }, { inputText: 'R', rawInput: '-', raw: '-' }],
  [{ hideOutputText: true }, { outputText: 'R', rawOutput: '-', raw: '-', ...MAYBE_ANSWERS }],
  [{ hideInputImages: true }, { inputImage: '-', rawInput: '-', raw: '-' }],
  [{ hideInputAudio: true }, { inputAudio: '-', rawInput: '-', raw: '-' }],
  [{ hideOutputAudio: true }, { outputAudio: '-', rawOutput: '-', raw: '-' }],
  [{ hideLlmTools: true }, { llmTools: '-', toolDefinition: '-', raw: '-' }],
  [{ hideLlmInvocationParameters: true }, { invocationParameters: '-' }],
  [{ hidePrompts: true }, { prompt: 'R', rawInput: '-', raw: '-' }],
  [{ hideChoices: true }, { choice: 'R', rawOutput: '-', raw: '-' }],
  [{ hideEmbeddingsText: true }, { embeddingText: 'R' }],
  [{ hideEmbeddingsVectors: true }, { embeddingVector: 'R' }],
];

let receiver: Receiver;
beforeAll(async () => {
  receiver = await startReceiver();
});
afterAll(() => receiver.close());
afterEach(() => {
  trace.disable();
});

/** What reaches the collector of spans with one attribute each. */
async function arrivals(
  attributes: readonly (readonly [key: string, value: AttributeValue])[],
  privacy: PrivacyOptions,
): Promise<Readonly<Record<string, unknown>>> {
  const before = receiver.spans().length;
  const tracing = await setup({ endpoint: receiver.endpoint, autoInstrument: false, privacy });
  const tracer = tracing.provider.getTracer('app');
  for (const [key, value] of attributes) {
    tracer.startSpan(key, { attributes: { [key]: value } }).end();
  }
  await tracing.shutdown();
  const spans = receiver.spans().slice(before);
  expect(spans).toHaveLength(attributes.length);
  return Object.fromEntries(spans.map((span) => [span.name, span.attributes[span.name]]));
}

describe('what each switch does to each class of content', () => {
  it.each(SWITCHES)('%o', async (privacy, marks) => {
    const keys = Object.entries(KEYS).flatMap(([content, each]) =>
      each.map((key) => [key, marks[content as Content]] as const),
    );
    const expected = keys.map(([key, mark]) => [key, mark === undefined ? CANARY : SENT[mark]]);
    expect(
      await arrivals(
        keys.map(([key]) => [key, CANARY]),
        privacy,
      ),
    ).toEqual(Object.fromEntries(expected));
    expect(await arrivals(Object.entries(STRUCTURE), privacy)).toEqual(STRUCTURE);
  });

  it('has a row for every switch that there is', () => {
    const hiding = Object.keys(EVERY_SWITCH).toSorted();
    expect(SWITCHES.flatMap(([privacy]) => Object.keys(privacy)).toSorted()).toEqual(hiding);
  });
});

/** The compiler asks for a new one. */
const EVERY_SWITCH: Readonly<
  Record<
    Extract<keyof PrivacyOptions, `hide${string}`> | 'allowPii' | 'captureMessageContent',
    true
  >
> = {
  allowPii: true,
  captureMessageContent: true,
  hideInputs: true,
  hideOutputs: true,
  hideInputMessages: true,
  hideOutputMessages: true,
  hideInputText: true,
  hideOutputText: true,
  hideInputImages: true,
  hideInputAudio: true,
  hideOutputAudio: true,
  hideLlmTools: true,
  hideLlmInvocationParameters: true,
  hidePrompts: true,
  hideChoices: true,
  hideEmbeddingsText: true,
  hideEmbeddingsVectors: true,
};
