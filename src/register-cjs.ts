// `catalyst-tracing/register`, the CommonJS build, for `require()` and `node -r`. CommonJS cannot
// wait: the provider is registered when this returns, and so is a CommonJS copy of LiveKit that is
// loaded. What follows in later ticks: metrics, and an ESM copy of LiveKit. A CommonJS copy that is
// loaded afterwards is connected right after the call that loads it, and its spans arrive from the
// first one on.

import { setupFromEnvironment } from './setup.js';

void setupFromEnvironment();
