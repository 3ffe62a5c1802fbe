/**
 * A call of PI AI, with its tokens and what it cost. Needs `npm install @mariozechner/pi-ai`.
 *
 *     OPENAI_API_KEY=… CATALYST_OTLP_ENDPOINT=… node examples/pi-ai.mjs
 *
 * Offline: OPENAI_BASE_URL names another server that speaks OpenAI's Responses API.
 *
 * From 1.0 on the package is `@earendil-works/pi-ai`, and calls go through `createModels()`.
 */
import { env } from 'node:process';
import * as piAi from '@mariozechner/pi-ai';
import { agentSpan, setup } from 'catalyst-tracing';

const tracing = await setup({ serviceName: 'pi-ai', modules: { piAi } });
await agentSpan({ agentId: 'pi', sessionId: 's-1' }, async (span) => {
  const known = piAi.getModel('openai', 'gpt-4.1-mini');
  const model = { ...known, baseUrl: env.OPENAI_BASE_URL ?? known.baseUrl };
  const messages = [{ role: 'user', content: 'What is a span?', timestamp: Date.now() }];
  const answer = await piAi.complete(model, { systemPrompt: 'Be brief.', messages });
  console.log(answer.content);
  span.setOutput(answer.content);
});
await tracing.shutdown();
