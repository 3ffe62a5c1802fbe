import * as ai from 'ai5';
import { createAISdkTelemetrySettings } from 'catalyst-tracing/ai-sdk';
import { createOpenAICompatible } from 'compatible5';
import { askAi } from './ai-loop.mjs';
import { runInTool } from './run-in-tool.mjs';

await runInTool(() =>
  askAi(ai, createOpenAICompatible, { experimental_telemetry: createAISdkTelemetrySettings() }),
);
