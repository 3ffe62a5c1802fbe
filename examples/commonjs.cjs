/**
 * CommonJS: `require`, and `await` inside a function.
 *
 *     npm install catalyst-tracing @opentelemetry/api
 *     CATALYST_OTLP_ENDPOINT=http://127.0.0.1:4318 node commonjs.cjs
 */
const { agentSpan, manualSpan, setup } = require('catalyst-tracing');

async function main() {
  const tracing = await setup({ serviceName: 'commonjs' });
  await agentSpan({ agentName: 'clerk', input: 'Where is it?' }, (run) =>
    manualSpan({ spanName: 'lookup_order', spanKind: 'TOOL', toolName: 'lookup_order' }, (tool) => {
      tool.setInput({ order: 4711 }).setOutput({ state: 'shipped' });
      run.setOutput('It is on its way.');
    }),
  );
  console.log(await tracing.shutdown());
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
