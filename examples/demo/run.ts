/**
 * A real LiveKit session, traced: `npm run demo`.
 *
 * Without any setting a scripted model speaks, a receiver in this process gets the spans over HTTP,
 * and the trace is printed as it was received. `CATALYST_OTLP_ENDPOINT` sends it there instead;
 * `OPENAI_API_KEY` (and `OPENAI_BASE_URL`) lets a real model speak.
 */
import { initializeLogger, voice } from '@livekit/agents';
import { setup } from 'catalyst-tracing';
import { createConciergeAgent, USER_TURNS } from './conversation.js';
import { createDemoModel, type DemoModel } from './demo-model.js';
import { startDevServer } from '../../src/cli/dev/dev-server.js';
import { SessionStore } from '../../src/cli/dev/session-store.js';
import { renderTotals, renderTraceTree } from '../../src/cli/dev/trace-tree.js';
import { countSpans, type SpanFacts } from '../../src/cli/span-facts.js';

const endpoint = process.env['CATALYST_OTLP_ENDPOINT']?.trim();
process.exitCode = endpoint ? await sendTo(endpoint) : await receiveHere();

async function receiveHere(): Promise<number> {
  const store = new SessionStore();
  const spans: SpanFacts[] = [];
  store.listen(({ added }) => spans.push(...added));
  const receiver = await startDevServer({ store, port: 0 });
  const tracing = await setup({ serviceName: 'demo', endpoint: receiver.endpoint });
  const model = await createDemoModel();
  await talk(model);
  await tracing.shutdown();
  await receiver.close();
  return report(spans, model);
}

async function sendTo(collector: string): Promise<number> {
  const { CATALYST_SERVICE_NAME, OTEL_SERVICE_NAME } = process.env;
  const serviceName = CATALYST_SERVICE_NAME ?? OTEL_SERVICE_NAME ?? 'demo';
  const tracing = await setup({ serviceName });
  await talk(await createDemoModel());
  const { exported, dropped, pending } = await tracing.shutdown();
  const place = withoutSecrets(collector);
  if (dropped + pending > 0) {
    console.error(
      `\n${place} accepted ${exported} of ${exported + dropped + pending} spans. To find out why: npx catalyst-tracing doctor`,
    );
    return 1;
  }
  console.log(`\nThe trace was sent to ${place}: look there for service "${serviceName}".`);
  return 0;
}

async function talk(model: DemoModel): Promise<void> {
  initializeLogger({ pretty: false, level: 'silent' });
  const session = new voice.AgentSession({ llm: model.llm, vad: null });
  session.on(voice.AgentSessionEventTypes.Error, ({ error }) => console.error(error));
  session.on(voice.AgentSessionEventTypes.ConversationItemAdded, ({ item }) => {
    if (item.type === 'message' && item.textContent) {
      console.log(`${item.role.padStart(9)}: ${item.textContent}`);
    }
  });
  console.log(`A LiveKit session with ${model.description}:\n`);
  await session.start({ agent: createConciergeAgent() });
  for (const userInput of USER_TURNS) await session.run({ userInput }).wait();
  await session.close();
}

function report(spans: readonly SpanFacts[], model: DemoModel): number {
  const color = process.stdout.isTTY && process.stdout.hasColors();
  const columns = process.stdout.isTTY ? process.stdout.columns : undefined;
  const totals = countSpans(spans);
  const usage = model.usage();
  console.log(`\nReceived over OTLP:\n\n${renderTraceTree(spans, { color, columns })}\n`);
  console.log(renderTotals(totals));
  const billed = usage.prompt + usage.completion;
  console.log(`The model reported ${usage.prompt} + ${usage.completion} = ${billed} tokens.`);
  if (totals.promptTokens === usage.prompt && totals.completionTokens === usage.completion) {
    return 0;
  }
  console.error('The trace does not add up to what the model reported.');
  return 1;
}

/** The address alone: credentials and query parameters are not for the screen. */
function withoutSecrets(url: string): string {
  return URL.canParse(url) ? new URL(url).origin + new URL(url).pathname : 'what was configured';
}
