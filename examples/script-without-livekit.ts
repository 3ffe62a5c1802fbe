/**
 * A script without LiveKit: model calls of `openai` below your own span.
 *
 *     OPENAI_API_KEY=<key> CATALYST_OTLP_ENDPOINT=http://127.0.0.1:4318 npx tsx script-without-livekit.ts
 */
import { agentSpan, setup } from 'catalyst-tracing';
import OpenAI from 'openai';

const tracing = await setup({ serviceName: 'nightly-report' });
const openai = new OpenAI();

await agentSpan({ agentName: 'reporter', sessionId: 'report-17' }, async (span) => {
  const stream = await openai.chat.completions.create({
    model: 'gpt-4.1-mini',
    messages: [{ role: 'user', content: 'What is OpenTelemetry? One sentence.' }],
    stream: true,
    // Without it OpenAI reports no usage of a stream, and the span has no token counts.
    stream_options: { include_usage: true },
  });
  let text = '';
  for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? '';
  span.setOutput(text);
  console.log(text);
});

await tracing.shutdown();
