/**
 * The same mapped spans to a collector and to further exporters: here the console.
 *
 *     CATALYST_OTLP_ENDPOINT=http://127.0.0.1:4318 npx tsx several-exporters.ts
 */
import { ConsoleSpanExporter } from '@opentelemetry/sdk-trace-base';
import { agentSpan, manualSpan, setup } from 'catalyst-tracing';

const tracing = await setup({
  serviceName: 'orders',
  exporters: [new ConsoleSpanExporter()],
});

await agentSpan({ agentName: 'clerk', sessionId: 'order-4711', input: 'Where is it?' }, (run) =>
  manualSpan({ spanName: 'lookup_order', spanKind: 'TOOL', toolName: 'lookup_order' }, (tool) => {
    tool.setInput({ order: 4711 }).setOutput({ state: 'shipped' });
    run.setOutput('It is on its way.');
  }),
);

console.log(await tracing.shutdown());
