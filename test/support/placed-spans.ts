import { randomBytes } from 'node:crypto';
import { SpanStatusCode, type AttributeValue, type TracerProvider } from '@opentelemetry/api';

const ASKED = 'llm.input_messages.0.message';
const BEFORE = 'llm.input_messages.1.message';
const ANSWERED = 'llm.output_messages.0.message';
const url = (type: string, secret: string, length = 0): string =>
  `data:${type};base64,${secret}${'A'.repeat(length)}`;

type Write = (secret: string) => AttributeValue;
const asIs: Write = (secret) => secret;
const json =
  (wrap: (secret: string) => unknown): Write =>
  (secret) =>
    JSON.stringify(wrap(secret));

type AttributePlace =
  | 'inputValue'
  | 'requestAnswer'
  | 'requestTools'
  | 'requestImage'
  | 'requestAudio'
  | 'outputValue'
  | 'inputName'
  | 'inputText'
  | 'inputPart'
  | 'inputImage'
  | 'inputAudio'
  | 'inputTranscript'
  | 'earlierAnswer'
  | 'earlierArguments'
  | 'outputName'
  | 'outputText'
  | 'outputArguments'
  | 'outputImage'
  | 'outputAudio'
  | 'longImage'
  | 'longAudio'
  | 'shortImage'
  | 'shortAudio'
  | 'tools'
  | 'parameters'
  | 'parameterTools'
  | 'prompt'
  | 'promptTemplate'
  | 'choice'
  | 'embeddingText'
  | 'embeddingVector'
  | 'toolParameters'
  | 'toolDescription'
  | 'rawSystem'
  | 'rawMessages'
  | 'rawAnswer'
  | 'rawTools'
  | 'rawUnknown'
  | 'metadata'
  | 'ownWords'
  | 'person';

/** Where a span of another tracer holds content: its kind, the key, and how the value is written. */
const PLACES: Readonly<Record<AttributePlace, readonly [kind: string, key: string, write: Write]>> =
  {
    inputValue: ['CHAIN', 'input.value', asIs],
    requestAnswer: ['LLM', 'input.value', json((s) => [{ role: 'assistant', content: s }])],
    requestTools: ['AGENT', 'input.value', json((s) => ({ tools: [{ description: s }] }))],
    requestImage: ['CHAIN', 'input.value', json((s) => [{ url: url('image/png', s) }])],
    requestAudio: ['CHAIN', 'input.value', json((s) => ({ data: `UklGR${s}${'A'.repeat(64)}` }))],
    outputValue: ['CHAIN', 'output.value', asIs],
    inputName: ['LLM', `${ASKED}.name`, asIs],
    inputText: ['LLM', `${ASKED}.content`, asIs],
    inputPart: ['LLM', `${ASKED}.contents.0.message_content.text`, asIs],
    inputImage: ['LLM', `${ASKED}.contents.1.message_content.image.image.url`, asIs],
    inputAudio: ['LLM', `${ASKED}.contents.2.message_content.audio.audio.url`, asIs],
    inputTranscript: ['LLM', `${ASKED}.contents.2.message_content.audio.audio.transcript`, asIs],
    earlierAnswer: ['LLM', `${BEFORE}.content`, asIs],
    earlierArguments: ['LLM', `${BEFORE}.tool_calls.0.tool_call.function.arguments`, asIs],
    outputName: ['LLM', `${ANSWERED}.name`, asIs],
    outputText: ['LLM', `${ANSWERED}.content`, asIs],
    outputArguments: ['LLM', `${ANSWERED}.tool_calls.0.tool_call.function.arguments`, asIs],
    outputImage: ['LLM', `${ANSWERED}.contents.1.message_content.image.image.url`, asIs],
    outputAudio: ['LLM', `${ANSWERED}.contents.2.message_content.audio.audio.url`, asIs],
    longImage: ['CHAIN', 'customer.picture', (s) => url('image/png', s, 400)],
    longAudio: ['CHAIN', 'customer.recording', (s) => url('audio/wav', s, 400)],
    shortImage: ['CHAIN', 'customer.icons', (s) => [url('image/png', s)]],
    shortAudio: ['CHAIN', 'customer.sound', (s) => url('audio/wav', s)],
    tools: ['LLM', 'llm.tools.0.tool.json_schema', json((s) => ({ description: s }))],
    parameters: ['LLM', 'llm.invocation_parameters', json((s) => ({ stop: s }))],
    parameterTools: ['AGENT', 'llm.invocation_parameters', json((s) => ({ tools: [s] }))],
    prompt: ['LLM', 'llm.prompts.0.prompt.text', asIs],
    promptTemplate: ['LLM', 'llm.prompt_template.template', asIs],
    choice: ['LLM', 'llm.choices.0.completion.text', asIs],
    embeddingText: ['EMBEDDING', 'embedding.embeddings.0.embedding.text', asIs],
    embeddingVector: ['EMBEDDING', 'embedding.embeddings.0.embedding.vector', (s) => [s]],
    toolParameters: ['TOOL', 'tool.parameters', json((s) => ({ q: s }))],
    toolDescription: ['TOOL', 'tool.description', asIs],
    rawSystem: ['LLM', 'gen_ai.system_instructions', json((s) => [{ type: 'text', content: s }])],
    rawMessages: ['LLM', 'gen_ai.input.messages', json((s) => [{ role: 'user', content: s }])],
    rawAnswer: ['LLM', 'gen_ai.output.messages', json((s) => [{ role: 'assistant', content: s }])],
    rawTools: ['LLM', 'gen_ai.tool.definitions', json((s) => [{ description: s }])],
    rawUnknown: ['LLM', 'gen_ai.unheard_of', asIs],
    metadata: ['CHAIN', 'metadata', json((s) => ({ s }))],
    ownWords: ['CHAIN', 'customer.note', asIs],
    person: ['CHAIN', 'user.id', asIs],
  };

/** Beside the attributes of a span. */
const BESIDE = ['eventAsked', 'eventAnswered', 'exception', 'stack', 'status', 'link'] as const;

/** A place in which a span of another tracer holds content. */
export type ContentPlace = AttributePlace | (typeof BESIDE)[number];

/** Every place there is. */
export const CONTENT_PLACES: readonly ContentPlace[] = [
  ...(Object.keys(PLACES) as AttributePlace[]),
  ...BESIDE,
];

/** A random word for each place. */
export type PlacedSecrets = Readonly<Record<ContentPlace, string>>;

export function drawPlacedSecrets(): PlacedSecrets {
  const drawn = CONTENT_PLACES.map((place) => [place, `${place}${randomBytes(9).toString('hex')}`]);
  return Object.fromEntries(drawn) as PlacedSecrets;
}

/** Records spans that hold each secret in its place, and nowhere else. */
export function recordPlacedSpans(provider: TracerProvider, secrets: PlacedSecrets): void {
  const tracer = provider.getTracer('openinference.instrumentation.any');
  const open = new Map<string, Record<string, AttributeValue>>();
  for (const [place, [kind, key, write]] of Object.entries(PLACES)) {
    // Two places under one key need two spans.
    const name = [kind, `${kind} once more`, `${kind} again`].find(
      (each) => open.get(each)?.[key] === undefined,
    );
    const attributes = open.get(name ?? '') ?? {
      'openinference.span.kind': kind,
      'llm.model_name': 'gpt-x',
      'llm.token_count.prompt': 7,
      [`${ASKED}.role`]: 'user',
      [`${BEFORE}.role`]: 'assistant',
      [`${ANSWERED}.role`]: 'assistant',
    };
    attributes[key] = write(secrets[place as AttributePlace]);
    open.set(name ?? place, attributes);
  }
  for (const [name, attributes] of open) tracer.startSpan(name, { attributes }).end();
  const context = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 };
  const links = [{ context, attributes: { 'input.value': secrets.link } }];
  const span = tracer.startSpan('with all beside', { links });
  span.addEvent('gen_ai.user.message', { content: secrets.eventAsked });
  span.addEvent('gen_ai.choice', { message: secrets.eventAnswered });
  span.recordException(Object.assign(new Error(secrets.exception), { stack: secrets.stack }));
  span.setStatus({ code: SpanStatusCode.ERROR, message: secrets.status }).end();
}
