/**
 * A worker that continues the trace of the service that dispatched its job: the session joins the
 * trace whose `traceparent` is in the job's metadata.
 *
 *     node --env-file=.env.local --import tsx continue-a-trace.ts dev
 */
import { fileURLToPath } from 'node:url';
import { cli, defineAgent, ServerOptions, voice } from '@livekit/agents';
import { context, propagation } from '@opentelemetry/api';
import { setup, withTraceContext } from 'catalyst-tracing';

await setup({ serviceName: 'reception' });

/** The metadata that the dispatcher, another service with OpenTelemetry, gives a job. */
export function jobMetadata(customer: string): string {
  const metadata: Record<string, string> = { customer };
  propagation.inject(context.active(), metadata);
  return JSON.stringify(metadata);
}

export default defineAgent({
  entry: async (ctx) => {
    const session = new voice.AgentSession({
      stt: 'deepgram/nova-3',
      llm: 'openai/gpt-4.1-mini',
      tts: 'cartesia/sonic-3',
    });
    const agent = new voice.Agent({ id: 'reception', instructions: 'You answer the phone.' });
    await withTraceContext(ctx.job.metadata, () => session.start({ agent, room: ctx.room }));
  },
});

const path = fileURLToPath(import.meta.url);
if (process.argv[1] === path) cli.runApp(new ServerOptions({ agent: path }));
