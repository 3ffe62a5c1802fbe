import { context as contextApi, type Context, type Span } from '@opentelemetry/api';
import { isRecord } from '../mapping/read-attributes.js';
import { Attr } from '../semconv/attribute-keys.js';
import { readUsage } from './read-usage.js';
import type { OpenSpanHandle, SpanTool } from './span-handle.js';
import { SpanRecorder } from './span-recorder.js';
import { readTokenCounts, withTotal, type NormalizedUsage, type TokenCounts } from './usage.js';

export interface OpenSpanParts {
  readonly span: Span;
  /** What is active in the span's function; `undefined` leaves everything as it is. */
  readonly context: Context | undefined;
  /** Key on the live span for the key an attribute is sent under. */
  readonly keyOnSpan: (key: string) => string;
  /** Whether the span says at its end how the run went. */
  readonly isAgentRun: boolean;
}

/** The one implementation of the handle: of a span that records, and of one that doesn't. */
export class OpenSpan implements OpenSpanHandle {
  readonly raw: Span;
  readonly #recorder: SpanRecorder;
  readonly #context: Context | undefined;
  readonly #isAgentRun: boolean;
  #hasFailed = false;

  constructor({ span, context, keyOnSpan, isAgentRun }: OpenSpanParts) {
    this.raw = span;
    this.#recorder = new SpanRecorder(span, keyOnSpan);
    this.#context = context;
    this.#isAgentRun = isAgentRun;
  }

  setInput(value: unknown): this {
    return this.#write((to) => to.setSerialized(Attr.INPUT_VALUE, Attr.INPUT_MIME_TYPE, value));
  }

  setOutput(value: unknown): this {
    return this.#write((to) => to.setSerialized(Attr.OUTPUT_VALUE, Attr.OUTPUT_MIME_TYPE, value));
  }

  recordTokens(tokens: TokenCounts): this {
    return this.#write((to) => to.addUsage(readTokenCounts(tokens)));
  }

  recordUsage(usage: object | null | undefined): NormalizedUsage {
    const reported = readUsage(usage);
    this.#write((to) => to.addUsage(reported));
    return withTotal(reported);
  }

  setModel(model: string): this {
    return this.setAttribute(Attr.MODEL_NAME, model);
  }

  setOutcome(outcome: string): this {
    return this.setAttribute(Attr.AGENT_OUTCOME, outcome);
  }

  setStopReason(reason: string): this {
    return this.setAttribute(Attr.AGENT_STOP_REASON, reason);
  }

  setFinalized(finalized: boolean): this {
    return this.setAttribute(Attr.AGENT_FINALIZED, finalized);
  }

  setTool(tool: SpanTool): this {
    return this.#write((to) => {
      if (!isRecord(tool)) return;
      to.set(Attr.TOOL_NAME, tool['name']);
      to.set(Attr.TOOL_CALL_ID, tool['callId']);
    });
  }

  setAttribute(key: string, value: unknown): this {
    return this.#write((to) => to.set(key, value));
  }

  setAttributes(attributes: Readonly<Record<string, unknown>>): this {
    return this.#write((to) => {
      for (const [key, value] of Object.entries(attributes)) to.set(key, value);
    });
  }

  recordException(error: unknown): this {
    return this.#write((to) => to.addException(error));
  }

  run<T>(fn: () => Promise<T>): Promise<T>;
  run<T>(fn: () => T): T;
  run(fn: () => unknown): unknown {
    let value: unknown;
    try {
      value = this.activate(fn);
    } catch (error) {
      this.fail(error);
      throw error;
    }
    // A promise of a class of its own, or an object with a lazy `then`, must come back as it is.
    if (!(value instanceof Promise) || value.constructor !== Promise) return value;
    return value.catch((error: unknown) => {
      this.fail(error);
      throw error;
    });
  }

  /** Calls a function with this span active, and does nothing else. */
  activate<T>(fn: () => T): T {
    return this.#context === undefined ? fn() : contextApi.with(this.#context, fn);
  }

  /** Marks the span as failed by what was thrown. */
  fail(thrown: unknown): void {
    this.#hasFailed = true;
    this.#write((to) => to.fail(thrown));
  }

  /** The run failed, by something that was not thrown here. */
  markFailed(): void {
    this.#hasFailed = true;
  }

  end(): void {
    if (this.#isAgentRun && !this.#recorder.hasEnded) this.#write((to) => this.#sumUp(to));
    this.#recorder.end();
  }

  /** How the run went, where the application didn't say. */
  #sumUp(to: SpanRecorder): void {
    const failed = this.#hasFailed;
    const verdict = [
      [Attr.AGENT_OUTCOME, failed ? 'failure' : 'success'],
      [Attr.AGENT_STOP_REASON, failed ? 'error' : 'completed'],
      [Attr.AGENT_FINALIZED, !failed],
    ] as const;
    for (const [key, value] of verdict) if (!to.has(key)) to.set(key, value);
  }

  #write(step: (recorder: SpanRecorder) => void): this {
    this.#recorder.write(() => step(this.#recorder));
    return this;
  }
}
