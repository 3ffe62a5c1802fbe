import * as livekit from '@livekit/agents';
import { trace } from '@opentelemetry/api';
import { manualSpan, setup } from 'catalyst-tracing';
import * as zod from 'zod';
import { report, runSession } from './scripted-session.cjs';

const tracing = await setup();
const outcome = await runSession({ livekit, zod, trace, manualSpan });
await report(outcome, tracing);
