// LiveKit and both SDKs are installed; this application uses none of them.
import { setup } from 'catalyst-tracing';

const before = performance.now();
const tracing = await setup({ autoInstrument: process.env.AUTO !== 'off' });
const millis = performance.now() - before;
await tracing.shutdown();
console.log(JSON.stringify({ millis, installResults: tracing.installResults }));
