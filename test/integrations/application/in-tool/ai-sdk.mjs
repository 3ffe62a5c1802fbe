import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import * as ai from 'ai';
import { askAi } from './ai-loop.mjs';
import { runInTool } from './run-in-tool.mjs';

await runInTool(() => askAi(ai, createOpenAICompatible, {}));
