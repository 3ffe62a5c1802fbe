// Set-up happens in `node --import catalyst-tracing/register`, before LiveKit is loaded.
import * as livekit from '@livekit/agents';
import { trace } from '@opentelemetry/api';
import { manualSpan, setup } from 'catalyst-tracing';
import * as zod from 'zod';
import { report, runSession } from './scripted-session.cjs';

const outcome = await runSession({ livekit, zod, trace, manualSpan });
await report(outcome, await setup());
