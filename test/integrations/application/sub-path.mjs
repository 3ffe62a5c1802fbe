// Both SDKs by hand, and the package's own copy twice: as an ES module and as CommonJS.
import { createRequire } from 'node:module';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { setup, manualSpan } from 'catalyst-tracing';
import { instrumentAnthropic } from 'catalyst-tracing/anthropic';
import { instrumentOpenAI } from 'catalyst-tracing/openai';
import { callBoth } from './call-both.mjs';

const require = createRequire(import.meta.url);
const tracing = await setup({ autoInstrument: false });
instrumentOpenAI(OpenAI);
instrumentAnthropic(Anthropic, tracing);
require('catalyst-tracing/openai').instrumentOpenAI(OpenAI);
await manualSpan({ spanName: 'script' }, callBoth);
const { installResults } = tracing;
await tracing.shutdown();
// Undone: nothing of this arrives, and nothing fails.
await callBoth();
console.log(JSON.stringify({ installResults }));
