/**
 * What leaves the process when content is rewritten: patterns, JSON paths of tools, a hashed user.
 * Runs offline and prints the attributes as they are sent.
 *
 *     npm install catalyst-tracing @opentelemetry/api @opentelemetry/sdk-trace-base tsx
 *     npx tsx redaction.ts
 */
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace-base';
import { agentSpan, manualSpan, setup } from 'catalyst-tracing';

const exporter = new InMemorySpanExporter();
const tracing = await setup({
  serviceName: 'redaction',
  exporters: [exporter],
  privacy: {
    redactPatterns: 'default',
    toolJsonPaths: ['$.card.number'],
    hash: { key: process.env['HASH_KEY'] ?? 'keep-the-real-key-secret' },
    redact: (value) => value.replaceAll('Ada', '[name]'),
  },
});

await agentSpan(
  { agentName: 'clerk', userId: 'ada', input: 'I am Ada, write to ada@example.com' },
  () =>
    manualSpan(
      {
        spanName: 'pay',
        spanKind: 'TOOL',
        toolName: 'pay',
        input: { card: { number: '1234', name: 'Ada' } },
      },
      () => undefined,
    ),
);
await tracing.forceFlush();
for (const { name, attributes } of exporter.getFinishedSpans()) {
  console.log(name, attributes['user.id'], attributes['input.value']);
}
await tracing.shutdown();
