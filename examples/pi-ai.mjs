/**
 * A call of PI AI, with its tokens and what it cost. Needs `npm install @mariozechner/pi-ai`.
 *
 *     OPENAI_API_KEY=… CATALYST_OTLP_ENDPOINT=… node examples/pi-ai.mjs
 *
 * From 1.0 on the package is `@earendil-works/pi-ai`, and calls go through `createModels()`.
 */
import * as piAi from '@mariozechner/pi-ai';
import { agentSpan, setup } from 'catalyst-tracing';

const tracing = await setup({ serviceName: 'pi-ai', modules: { piAi } });
await agentSpan({ agentId: 'pi', sessionId: 's-1' }, async (span) => {
  const model = piAi.getModel('openai', 'gpt-4.1-mini');
  const messages = [{ role: 'user', content: 'What is a span?', timestamp: Date.now() }];
  const answer = await piAi.complete(model, { systemPrompt: 'Be brief.', messages });
  span.setOutput(answer.content);
});
await tracing.shutdown();
