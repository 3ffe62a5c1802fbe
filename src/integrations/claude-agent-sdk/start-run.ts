import type { Tracer } from '@opentelemetry/api';
import type { JsonRecord } from '../../mapping/read-attributes.js';
import { guard } from '../integration.js';
import { closeAtShutdown } from '../open-spans.js';
import { abandonStep, endStep, startStep, type Step } from '../step.js';
import type { ClaudeRun } from './claude-run.js';

export interface StartedRun {
  readonly step: Step;
  /** Tells the run what happened. Never rejects. */
  see(what: (run: ClaudeRun) => void): Promise<void>;
  /** The SDK threw instead of starting. At once: the application may shut down next. */
  fail(error: unknown): void;
}

/**
 * Starts the span of a run at once, and loads what puts the others together: every application has
 * `wrapClaudeAgentSdkQuery` in its main entry, and few call it.
 */
export function startClaudeRun(
  tracer: Tracer | undefined,
  prompt: unknown,
  env: JsonRecord,
  isResumed: boolean,
): StartedRun {
  const step = startStep(tracer, { name: 'claude.query', kind: 'AGENT', system: 'anthropic' });
  if (!step.span.raw.isRecording()) {
    return { step, see: () => Promise.resolve(), fail: () => step.span.end() };
  }
  if (typeof prompt === 'string') step.span.setInput(prompt);
  let isClosed = false;
  const forget = closeAtShutdown(step.span, () => {
    isClosed = true;
    abandonStep(step);
  });
  const loading = import('./claude-run.js').then(
    (loaded) => {
      forget();
      if (isClosed) return undefined;
      return guard(() => new loaded.ClaudeRun(tracer, step, prompt, env, isResumed));
    },
    () => undefined,
  );
  return {
    step,
    see: async (what) => {
      const run = await loading;
      if (run !== undefined) guard(() => what(run));
    },
    fail: (error) => {
      isClosed = true;
      forget();
      endStep(step, undefined, error);
    },
  };
}
