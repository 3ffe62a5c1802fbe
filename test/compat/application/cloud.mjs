// A session that is recorded for LiveKit Cloud as well: `setupCloudTracer` is what LiveKit calls when
// a recorded session starts, with a collector of the test in the place of its own.
import * as livekit from '@livekit/agents';
import { trace } from '@opentelemetry/api';
import { manualSpan, setup } from 'catalyst-tracing';
import { instrumentLiveKitAgents } from 'catalyst-tracing/livekit-agents';
import * as zod from 'zod';
import { report, runSession } from './scripted-session.cjs';

const { ORDER, CLOUD_HOST, ALLOW_PII, CONNECT } = process.env;

const startCloud = () =>
  livekit.telemetry.setupCloudTracer({
    roomId: 'RM_room',
    jobId: 'AJ_job',
    // Up to 1.8 a host, since then a URL.
    cloudHostname: CLOUD_HOST,
    observabilityUrl: `https://${CLOUD_HOST}`,
    enableLogs: false,
  });
const startOurs = () => setup(ALLOW_PII === 'false' ? { privacy: { allowPii: false } } : {});

livekit.initializeLogger({ pretty: false, level: 'silent' });
if (ORDER === 'cloud first') await startCloud();
const tracing = await startOurs();
if (CONNECT === 'again') instrumentLiveKitAgents(livekit, tracing);
if (ORDER === 'cloud second') await startCloud();
const outcome = await runSession({ livekit, zod, trace, manualSpan });
// LiveKit sends a batch to its Cloud every OTEL_BSP_SCHEDULE_DELAY.
await new Promise((resolve) => setTimeout(resolve, 500));
await report(outcome, tracing);
