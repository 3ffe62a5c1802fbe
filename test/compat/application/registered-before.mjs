// Something of the application's own is registered with OpenTelemetry before set-up.
import { diag, DiagConsoleLogger, DiagLogLevel, trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { manualSpan, setup } from 'catalyst-tracing';
import * as zod from 'zod';
import { report, runSession } from './scripted-session.cjs';

if (process.env.REGISTERED === 'logger') {
  diag.setLogger(new DiagConsoleLogger(), DiagLogLevel.NONE);
} else {
  new NodeTracerProvider().register();
}
if (process.env.LIVEKIT_LOADS === 'before') await import('@livekit/agents');
const tracing = await setup();
const livekit = await import('@livekit/agents');
const outcome = await runSession({ livekit, zod, trace, manualSpan });
await report(outcome, tracing);
