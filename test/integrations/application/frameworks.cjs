// The CommonJS builds of all frameworks: nothing is said of them at set-up.
const { run } = require('./framework-cases.cjs');

void run({
  catalyst: require('catalyst-tracing'),
  api: require('@opentelemetry/api'),
  livekit: require('@livekit/agents'),
  plugin: require('@livekit/agents-plugin-openai'),
  openai: require('openai'),
  agents: require('@openai/agents'),
  zod: require('zod'),
  ...require('@langchain/core/prompts'),
  ...require('@langchain/core/output_parsers'),
  ...require('@langchain/core/tools'),
  ...require('@langchain/langgraph'),
  ...require('@langchain/langgraph/prebuilt'),
  ...require('@langchain/openai'),
  ...require('langsmith/traceable'),
  ...require('langsmith/wrappers'),
});
