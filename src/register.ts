// `catalyst-tracing/register`, the ESM build: set-up from the environment alone. As
// `node --import catalyst-tracing/register` it runs in the process of a worker and, because LiveKit
// passes Node's own arguments on, in that of every job. As the first import of a script it is awaited
// before the script runs.

import { setupFromEnvironment } from './setup.js';

await setupFromEnvironment();
