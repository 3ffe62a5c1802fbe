/**
 * A LiveKit LLM without a session, as in a batch job: its call is below a span that you start.
 *
 *     npm install catalyst-tracing @opentelemetry/api @livekit/agents @livekit/rtc-node @livekit/agents-plugin-openai tsx
 *     OPENAI_API_KEY=<key> CATALYST_OTLP_ENDPOINT=http://127.0.0.1:4318 npx tsx llm-without-session.ts
 */
import { initializeLogger, llm } from '@livekit/agents';
import * as openai from '@livekit/agents-plugin-openai';
import { manualSpan, setup } from 'catalyst-tracing';

initializeLogger({ pretty: true, level: 'warn' });
const tracing = await setup({ serviceName: 'call-summaries' });
const model = new openai.LLM({ model: 'gpt-4.1-mini' });

const transcript = 'caller: My parcel is late. agent: It arrives tomorrow.';
await manualSpan({ spanName: 'summarise_call', sessionId: 'call-17' }, async (span) => {
  const chatCtx = llm.ChatContext.empty();
  chatCtx.addMessage({ role: 'system', content: 'Summarise the call in one sentence.' });
  chatCtx.addMessage({ role: 'user', content: transcript });
  const { text } = await model.chat({ chatCtx }).collect();
  span.setInput(transcript).setOutput(text);
  console.log(text);
});

await tracing.shutdown();
