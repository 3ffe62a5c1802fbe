/**
 * One span of your own around a session: its identity reaches every span below, LiveKit's included.
 *
 *     OPENAI_API_KEY=<key> CATALYST_OTLP_ENDPOINT=http://127.0.0.1:4318 npx tsx agent-span-around-a-run.ts
 */
import { initializeLogger, voice } from '@livekit/agents';
import * as openai from '@livekit/agents-plugin-openai';
import { agentSpan, setup } from 'catalyst-tracing';

initializeLogger({ pretty: true, level: 'warn' });
const tracing = await setup({ serviceName: 'nightly-report' });

const question = 'Summarise in one sentence what a trace is.';
const answer = await agentSpan(
  { agentName: 'reporter', sessionId: 'report-2026-01', userId: 'u-17', input: question },
  async (span) => {
    const session = new voice.AgentSession({
      llm: new openai.LLM({ model: 'gpt-4.1-mini' }),
      vad: null,
      turnHandling: { turnDetection: null },
    });
    await session.start({ agent: new voice.Agent({ instructions: 'You are a reporter.' }) });
    const run = session.run({ userInput: question });
    await run.wait();
    await session.close();
    const last = run.events.findLast((event) => event.type === 'message');
    const text = last?.item.textContent ?? '';
    span.setOutput(text).setOutcome('reported');
    return text;
  },
);
console.log(answer);

await tracing.shutdown();
