import type { Span } from '@opentelemetry/api';
import type { NormalizedUsage, TokenCounts } from './usage.js';

/** A tool call that a span stands for. */
export interface SpanTool {
  /** Name of the tool. */
  readonly name: string;
  /** Id of the call. */
  readonly callId?: string | undefined;
}

/**
 * A span in the hands of the application. Everything that sets returns the handle again, and
 * nothing throws, whatever it is given: what cannot be recorded is left out, with one warning.
 * Before `setup()`, or with tracing disabled, it records nothing.
 *
 * Values may be anything. Text stays as it is (`text/plain`), everything else is written as JSON
 * (`application/json`); `null` and `undefined` are left out.
 */
export interface SpanHandle {
  /** The OpenTelemetry span, for what this handle has no method for: links, events, a status. */
  readonly raw: Span;
  /** Sets `input.value` and its mime type. */
  setInput(value: unknown): this;
  /** Sets `output.value` and its mime type. */
  setOutput(value: unknown): this;
  /** Sets token counts; the total is added up when it isn't given. */
  recordTokens(tokens: TokenCounts): this;
  /**
   * Sets token counts from the usage that an SDK reports: OpenAI chat and responses, Anthropic, AI
   * SDK; the answer that carries it as `usage` will do. Returns what it read, with the total added
   * up when it isn't reported, and an empty object for anything else.
   */
  recordUsage(usage: object | null | undefined): NormalizedUsage;
  /** Sets `llm.model_name`. */
  setModel(model: string): this;
  /** Sets `agent.outcome`. An agent span says `success` or `failure` by itself. */
  setOutcome(outcome: string): this;
  /** Sets `agent.stop_reason`. An agent span says `completed` or `error` by itself. */
  setStopReason(reason: string): this;
  /** Sets `agent.finalized`. An agent span says by itself whether its function returned. */
  setFinalized(finalized: boolean): this;
  /** Sets `tool.name` and `tool_call.id`. */
  setTool(tool: SpanTool): this;
  /** Sets an attribute. Lists of text, numbers or booleans stay lists, other objects become JSON. */
  setAttribute(key: string, value: unknown): this;
  /** Sets several attributes. */
  setAttributes(attributes: Readonly<Record<string, unknown>>): this;
  /**
   * Adds an `exception` event for an error that was handled. The status stays as it is: what is
   * thrown out of the span's function marks it as failed.
   */
  recordException(error: unknown): this;
}

/** A span that the application ends: for callbacks of a framework, where no function spans it. */
export interface OpenSpanHandle extends SpanHandle {
  /**
   * Calls a function with this span active, so that spans it starts stand below it, and returns what
   * it returns. What it throws, or its promise rejects with, marks the span as failed and reaches
   * the caller unchanged. May be called any number of times; the span stays open.
   */
  run<T>(fn: () => Promise<T>): Promise<T>;
  run<T>(fn: () => T): T;
  /** Ends the span. Further calls do nothing. */
  end(): void;
}
