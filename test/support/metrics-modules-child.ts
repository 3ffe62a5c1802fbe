/** Sets tracing up without LiveKit and says whether the metrics SDK was loaded. */
import { createRequire } from 'node:module';
import { manualSpan, setup } from '../../src/index.js';

const tracing = await setup({ autoInstrument: false });
await manualSpan({ spanName: 'work' }, () => {});
await tracing.shutdown();
const loaded = Object.keys(createRequire(import.meta.url).cache);
console.log(`METRICS SDK ${loaded.some((file) => /sdk-metrics|exporter-metrics/.test(file))}`);
