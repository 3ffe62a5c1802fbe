const livekit = require('@livekit/agents');
const { trace } = require('@opentelemetry/api');
const { manualSpan, setup } = require('catalyst-tracing');
const zod = require('zod');
const { report, runSession } = require('./scripted-session.cjs');

async function main() {
  const tracing = await setup();
  const outcome = await runSession({ livekit, zod, trace, manualSpan });
  await report(outcome, tracing);
}

void main();
