import { setup, manualSpan } from 'catalyst-tracing';
import { callBoth } from './call-both.mjs';

const tracing = await setup();
await manualSpan({ spanName: 'script' }, callBoth);
await tracing.shutdown();
console.log(JSON.stringify({ installResults: tracing.installResults }));
