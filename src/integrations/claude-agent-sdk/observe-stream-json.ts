import type { Readable } from 'node:stream';
import { context as contextApi, type Tracer, type TracerProvider } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { CatalystTracing } from '../../catalyst-tracing.js';
import { parseJsonRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { processEnvironment } from '../../options/resolve-options.js';
import { startClaudeRun, type StartedRun } from './start-run.js';

/** The output of Claude Code, or how to start it with the environment that is passed. */
export type ClaudeCodeOutput = Readable | ((env: NodeJS.ProcessEnv) => Readable);

export interface ObserveClaudeCodeOptions {
  /** What Claude Code was asked: its output does not repeat it. */
  readonly prompt?: string | undefined;
  /** Whether an earlier session goes on (`--resume`, `--continue`), whose tokens are billed already. */
  readonly resumed?: boolean | undefined;
  /** Environment for Claude Code. Default `process.env`. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Tracing to send the spans to. Default: the live one. */
  readonly tracing?: CatalystTracing | TracerProvider | undefined;
}

/** Reads `claude --output-format stream-json`, or `json`, whose only line is the result. */
export function observeStreamJson(
  output: ClaudeCodeOutput,
  { prompt, resumed = false, env = processEnvironment() }: ObserveClaudeCodeOptions,
  tracer: Tracer | undefined,
): AsyncGenerator<JsonRecord, void> {
  const run = startClaudeRun(tracer, prompt, env, resumed);
  let lines: Readable;
  try {
    lines = contextApi.with(run.step.context, () =>
      typeof output === 'function' ? output({ ...env, ...traceParent() }) : output,
    );
  } catch (error) {
    run.fail(error);
    throw error;
  }
  return messagesOf(lines, run);
}

async function* messagesOf(output: Readable, run: StartedRun): AsyncGenerator<JsonRecord, void> {
  try {
    const { createInterface } = await import('node:readline');
    for await (const line of createInterface({ input: output, crlfDelay: Infinity })) {
      const message = parseJsonRecord(line);
      if (message === undefined) continue;
      await run.see((started) => started.see(message));
      yield message;
    }
    await run.see((started) => started.finishOutput());
  } catch (error) {
    await run.see((started) => started.finish(error));
    throw error;
  } finally {
    await run.see((started) => started.finish());
  }
}

/** Claude Code reads the trace that it continues from its environment, under these names. */
function traceParent(): NodeJS.ProcessEnv {
  const carrier: Record<string, string> = {};
  new W3CTraceContextPropagator().inject(contextApi.active(), carrier, {
    set: (to, key, value) => void Reflect.set(to, key.toUpperCase(), value),
  });
  return carrier;
}
