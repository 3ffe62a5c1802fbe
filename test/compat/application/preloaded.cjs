// Set-up happens in `node --import catalyst-tracing/register`, before LiveKit is loaded.
const livekit = require('@livekit/agents');
const { trace } = require('@opentelemetry/api');
const { manualSpan, setup } = require('catalyst-tracing');
const zod = require('zod');
const { report, runSession } = require('./scripted-session.cjs');

async function main() {
  const outcome = await runSession({ livekit, zod, trace, manualSpan });
  await report(outcome, await setup());
}

void main();
