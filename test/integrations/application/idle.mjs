// LiveKit and both SDKs are installed; this application uses none of them.
import { setup } from 'catalyst-tracing';

const before = process.cpuUsage();
const tracing = await setup();
const { user, system } = process.cpuUsage(before);
const millis = (user + system) / 1000;
await tracing.shutdown();
console.log(JSON.stringify({ millis, installResults: tracing.installResults }));
