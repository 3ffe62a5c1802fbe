// `catalyst-tracing/claude-agent-sdk`: Claude Agent SDK and Claude Code.
import type { TracerProvider } from '@opentelemetry/api';
import type { CatalystTracing } from './catalyst-tracing.js';
import {
  observeStreamJson,
  type ClaudeCodeOutput,
  type ObserveClaudeCodeOptions,
} from './integrations/claude-agent-sdk/observe-stream-json.js';
import { tracedQuery } from './integrations/claude-agent-sdk/wrap-query.js';
import { tracerFor } from './integrations/step.js';
import type { JsonRecord } from './mapping/read-attributes.js';

export type { ClaudeCodeOutput, ObserveClaudeCodeOptions };

/**
 * Wraps `query` of `@anthropic-ai/claude-agent-sdk` (or of `@anthropic-ai/claude-code` 1): each call
 * becomes an AGENT span with an LLM span for every message of the API, and spans of its tools and
 * sub-agents. Without `tracing`, spans are the live one's. What the application gets
 * stays as it is.
 *
 * @example
 * import { query as plainQuery } from '@anthropic-ai/claude-agent-sdk';
 * const query = wrapClaudeAgentSdkQuery(plainQuery);
 */
export function wrapClaudeAgentSdkQuery<Query extends (...args: never[]) => unknown>(
  query: Query,
  tracing?: CatalystTracing | TracerProvider,
): Query;
export function wrapClaudeAgentSdkQuery(
  query: (...args: readonly unknown[]) => unknown,
  tracing?: CatalystTracing | TracerProvider,
): (...args: readonly unknown[]) => unknown {
  return function (this: unknown, ...args) {
    return tracedQuery(query, this, args, tracerFor(tracing));
  };
}

/**
 * Reads what Claude Code writes (`claude -p … --output-format stream-json --verbose`, with
 * `--include-partial-messages` for the exact tokens of each call) and gives its messages on, while
 * they become the same spans as those of the Agent SDK. It calls a function with an
 * environment that has `TRACEPARENT`: the spans that Claude Code sends itself then join the trace.
 *
 * @example
 * const messages = observeClaudeCode(
 *   (env) => spawn('claude', ['-p', prompt, '--output-format', 'stream-json', '--verbose'], { env }).stdout,
 *   { prompt },
 * );
 * for await (const message of messages) console.log(message['type']);
 */
export function observeClaudeCode(
  output: ClaudeCodeOutput,
  options: ObserveClaudeCodeOptions = {},
): AsyncGenerator<JsonRecord, void> {
  return observeStreamJson(output, options, tracerFor(options.tracing));
}
