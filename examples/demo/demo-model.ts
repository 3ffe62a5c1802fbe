import type { llm } from '@livekit/agents';
import { SCRIPT } from './conversation.js';
import { ScriptedModel, type Usage } from './scripted-model.js';

/** The model that speaks in the demo, and what it says to have used. */
export interface DemoModel {
  readonly llm: llm.LLM;
  readonly description: string;
  usage(): Usage;
}

/** OpenAI's with `OPENAI_API_KEY`, a scripted one without. `OPENAI_BASE_URL` leads elsewhere. */
export async function createDemoModel(): Promise<DemoModel> {
  const apiKey = process.env['OPENAI_API_KEY']?.trim();
  if (!apiKey) {
    const scripted = new ScriptedModel(SCRIPT);
    return { llm: scripted, description: 'a scripted model', usage: () => scripted.usage };
  }
  const baseURL = process.env['OPENAI_BASE_URL']?.trim();
  const openai = await import('@livekit/agents-plugin-openai');
  const model = new openai.LLM({
    model: 'gpt-4.1-mini',
    apiKey,
    ...(baseURL ? { baseURL } : {}),
  });
  const usage = { prompt: 0, completion: 0 };
  model.on('metrics_collected', (metrics) => {
    usage.prompt += metrics.promptTokens;
    usage.completion += metrics.completionTokens;
  });
  return { llm: model, description: `OpenAI's ${model.model}`, usage: () => usage };
}
