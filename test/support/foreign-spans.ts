import { SpanStatusCode, type TracerProvider } from '@opentelemetry/api';
import type { Secrets } from './planted-secrets.js';

/** Spans as other instrumentations on the same provider record them, with a secret in every text. */
export function recordForeignSpans(provider: TracerProvider, secrets: Secrets): void {
  const { asked, answered, tools, error, person, own } = secrets;
  const record = (
    scope: string,
    name: string,
    attributes: Readonly<Record<string, string | number | string[]>>,
  ): void => {
    const span = provider.getTracer(scope).startSpan(name, {
      attributes,
      links: [
        {
          context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 1 },
          attributes: { 'input.value': asked, 'user.id': person },
        },
      ],
    });
    span.addEvent('gen_ai.user.message', { content: asked });
    span.addEvent('gen_ai.choice', { message: answered, index: 0 });
    span.addEvent('note', { about: own });
    span.recordException(Object.assign(new Error(error), { stack: `Error: ${error}\n  at x` }));
    span.setStatus({ code: SpanStatusCode.ERROR, message: error });
    span.end();
  };
  record('@arizeai/openinference-instrumentation-openai', 'OpenAI Chat Completions', {
    'openinference.span.kind': 'LLM',
    'llm.model_name': 'gpt-x',
    'llm.token_count.prompt': 7,
    'llm.token_count.completion': 3,
    'input.value': JSON.stringify({ messages: [{ role: 'user', content: asked }] }),
    'input.mime_type': 'application/json',
    'output.value': answered,
    'output.mime_type': 'text/plain',
    'llm.input_messages.0.message.role': 'user',
    'llm.input_messages.0.message.content': asked,
    'llm.input_messages.0.message.contents.0.message_content.type': 'image',
    'llm.input_messages.0.message.contents.0.message_content.image.image.url': `https://x/${asked}`,
    'llm.input_messages.0.message.contents.1.message_content.audio.audio.url': `https://x/${asked}`,
    'llm.input_messages.1.message.role': 'assistant',
    'llm.input_messages.1.message.content': answered,
    'llm.output_messages.0.message.role': 'assistant',
    'llm.output_messages.0.message.content': answered,
    'llm.output_messages.0.message.contents.0.message_content.image.image.url': `https://x/${answered}`,
    'llm.output_messages.0.message.contents.1.message_content.audio.audio.url': `https://x/${answered}`,
    'llm.tools.0.tool.json_schema': JSON.stringify({ description: tools }),
    'llm.invocation_parameters': JSON.stringify({ temperature: 1, user: asked }),
    'llm.prompts.0.prompt.text': asked,
    'llm.choices.0.completion.text': answered,
    'user.id': person,
    metadata: JSON.stringify({ own }),
    'tag.tags': [own],
  });
  record('@arizeai/openinference-instrumentation-openai', 'OpenAI Embeddings', {
    'openinference.span.kind': 'EMBEDDING',
    'embedding.model_name': 'e',
    'embedding.embeddings.0.embedding.text': asked,
    'embedding.embeddings.0.embedding.vector': [asked],
  });
  record('opentelemetry.instrumentation.openai_v2', 'chat gpt-x', {
    'gen_ai.operation.name': 'chat',
    'gen_ai.request.model': 'gpt-x',
    'gen_ai.usage.input_tokens': 7,
    'gen_ai.usage.output_tokens': 3,
    'gen_ai.system_instructions': JSON.stringify([{ type: 'text', content: asked }]),
    'gen_ai.input.messages': JSON.stringify([
      { role: 'user', parts: [{ type: 'text', content: asked }] },
      { role: 'assistant', parts: [{ type: 'text', content: answered }] },
    ]),
    'gen_ai.output.messages': JSON.stringify([
      { role: 'assistant', parts: [{ type: 'text', content: answered }] },
    ]),
    'gen_ai.tool.definitions': JSON.stringify([
      { type: 'function', name: 'f', description: tools },
    ]),
    'gen_ai.prompt': asked,
    'gen_ai.completion': answered,
    'gen_ai.later.words': asked,
  });
  record('opentelemetry.instrumentation.tools', 'execute_tool f', {
    'openinference.span.kind': 'TOOL',
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'f',
    'gen_ai.tool.call.id': 'c1',
    'gen_ai.tool.description': tools,
    'gen_ai.tool.call.arguments': JSON.stringify({ q: asked }),
    'gen_ai.tool.call.result': JSON.stringify({ r: answered }),
  });
  record('@opentelemetry/instrumentation-http', 'GET', {
    'http.request.method': 'GET',
    'http.response.status_code': 200,
    'url.full': `https://example.com/${asked}?q=${asked}`,
    'url.query': asked,
    'http.request.header.authorization': [asked],
    'http.response.header.set-cookie': [answered],
    'client.address': person,
    'db.query.text': `select '${asked}'`,
  });
  record('ai', 'ai.generateText', {
    'ai.prompt': asked,
    'ai.response.text': answered,
    'ai.toolCall.args': JSON.stringify({ q: asked }),
    'ai.usage.promptTokens': 3,
  });
  record('app', 'own work', {
    __proto__x: own,
    'app.PII.note': own,
    'customer.note': own,
  });
}
