/**
 * A run of a Cursor agent with its tools. Needs `npm install @cursor/sdk`.
 *
 *     CURSOR_API_KEY=… CATALYST_OTLP_ENDPOINT=… node examples/cursor-agent.mjs https://github.com/me/repository
 *
 * Offline: CURSOR_BACKEND_URL names another server that speaks its protocol.
 */
import { argv } from 'node:process';
import * as cursorSdk from '@cursor/sdk';
import { setup } from 'catalyst-tracing';

const tracing = await setup({ serviceName: 'cursor-agent', modules: { cursorSdk } });
const agent = await cursorSdk.Agent.create({ cloud: { repos: [{ url: argv[2] }] } });
const run = await agent.send('List the files of this repository.');
for await (const message of run.stream()) console.log(message.type);
console.log((await run.wait()).result);
await tracing.shutdown();
