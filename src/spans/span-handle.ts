import { types } from 'node:util';
import { context as contextApi, SpanStatusCode, type Context, type Span } from '@opentelemetry/api';
import { warnOnce } from '../diagnostics.js';
import { markContentKey } from '../mapping/marked-content.js';
import { isRecord } from '../mapping/read-attributes.js';
import { classifyRawKey } from '../privacy/content-keys.js';
import { Attr } from '../semconv/attribute-keys.js';
import {
  asAttributeValue,
  describeException,
  serializeValue,
  type ThrownValue,
} from './serialize-value.js';
import {
  addReport,
  type NormalizedUsage,
  readTokenCounts,
  readUsage,
  type TokenCounts,
  usageAttributes,
  withTotal,
} from './usage.js';

/** The tool call of a span. */
export interface SpanTool {
  /** Name of the tool. */
  readonly name: string;
  /** Id of the call. */
  readonly callId?: string | undefined;
}

/**
 * A span that the application records on. Everything that sets returns the handle again, and
 * nothing throws, whatever is passed: what cannot be recorded is left out, with one warning.
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
  /** Sets token counts; the total is added up when it is absent. */
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
   * Calls a function with this span active, so that spans it starts are below it, and returns what
   * it returns. What it throws, or its promise rejects with, marks the span as failed and reaches
   * the caller unchanged. May be called any number of times; the span stays open.
   */
  run<T>(fn: () => Promise<T>): Promise<T>;
  run<T>(fn: () => T): T;
  /** Ends the span. Further calls do nothing. */
  end(): void;
}

/** The one implementation of the handle: of a span that records, and of one that doesn't. */
export class OpenSpan implements OpenSpanHandle {
  readonly raw: Span;
  readonly #context: Context | undefined;
  readonly #isOurs: boolean;
  readonly #isAgentRun: boolean;
  readonly #written = new Set<string>();
  #usage: NormalizedUsage = {};
  #lastException: { readonly thrown: unknown } | undefined;
  #hasFailed = false;
  #hasEnded = false;

  /**
   * `context` is active in the span's function; `undefined` leaves everything as it is. Content of a
   * span that is ours waits under marked keys. An agent run says at its end how it went.
   */
  constructor(span: Span, context: Context | undefined, isOurs: boolean, isAgentRun: boolean) {
    this.raw = span;
    this.#context = context;
    this.#isOurs = isOurs;
    this.#isAgentRun = isAgentRun;
  }

  setInput(value: unknown): this {
    return this.#setSerialized(Attr.INPUT_VALUE, Attr.INPUT_MIME_TYPE, value);
  }

  setOutput(value: unknown): this {
    return this.#setSerialized(Attr.OUTPUT_VALUE, Attr.OUTPUT_MIME_TYPE, value);
  }

  recordTokens(tokens: TokenCounts): this {
    return this.#write(() => this.#addUsage(readTokenCounts(tokens)));
  }

  recordUsage(usage: object | null | undefined): NormalizedUsage {
    const reported = readUsage(usage);
    this.#write(() => this.#addUsage(reported));
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
    return this.#write(() => {
      if (!isRecord(tool)) return;
      this.#set(Attr.TOOL_NAME, tool['name']);
      this.#set(Attr.TOOL_CALL_ID, tool['callId']);
    });
  }

  setAttribute(key: string, value: unknown): this {
    return this.#write(() => this.#set(key, value));
  }

  setAttributes(attributes: Readonly<Record<string, unknown>>): this {
    return this.#write(() => {
      for (const [key, value] of Object.entries(attributes)) this.#set(key, value);
    });
  }

  recordException(error: unknown): this {
    return this.#write(() => this.#addException(error));
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
    // A promise of a subclass, or an object with a lazy `then`, must come back as it is.
    if (!isPlainPromise(value)) return value;
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
    this.#write(() => {
      const { message } = this.#addException(thrown);
      this.raw.setStatus({ code: SpanStatusCode.ERROR, message });
    });
  }

  /** The run failed, by something that was not thrown here. */
  markFailed(): void {
    this.#hasFailed = true;
  }

  end(): void {
    if (this.#hasEnded) return;
    if (this.#isAgentRun) this.#write(() => this.#sumUp(this.#hasFailed));
    this.#hasEnded = true;
    try {
      this.raw.end();
    } catch {
      warnUnreadable();
    }
  }

  /** How the run went, where the application didn't say. */
  #sumUp(failed: boolean): void {
    const outcome = {
      [Attr.AGENT_OUTCOME]: failed ? 'failure' : 'success',
      [Attr.AGENT_STOP_REASON]: failed ? 'error' : 'completed',
      [Attr.AGENT_FINALIZED]: !failed,
    };
    for (const [key, value] of Object.entries(outcome)) {
      if (!this.#written.has(key)) this.#set(key, value);
    }
  }

  /** Runs a step that writes. What it throws costs no more than what it would have written. */
  #write(step: () => void): this {
    if (this.#hasEnded) warnEnded();
    else if (this.raw.isRecording()) {
      try {
        step();
      } catch {
        warnUnreadable();
      }
    }
    return this;
  }

  #set(key: string, value: unknown): void {
    const attribute = asAttributeValue(value);
    if (attribute === undefined) return;
    this.#written.add(key);
    const isMarked = this.#isOurs && classifyRawKey(key) !== 'none';
    this.raw.setAttribute(isMarked ? markContentKey(key) : key, attribute);
  }

  #setSerialized(valueKey: string, mimeTypeKey: string, value: unknown): this {
    return this.#write(() => {
      const serialized = serializeValue(value);
      this.#set(valueKey, serialized?.text);
      this.#set(mimeTypeKey, serialized?.mimeType);
    });
  }

  #addUsage(report: NormalizedUsage): void {
    this.#usage = addReport(this.#usage, report);
    for (const [key, tokens] of usageAttributes(this.#usage)) this.#set(key, tokens);
  }

  /** Once for an error that was recorded where it was caught and is thrown on. */
  #addException(thrown: unknown): ThrownValue {
    const exception = describeException(thrown);
    const isNew = this.#lastException === undefined || this.#lastException.thrown !== thrown;
    if (isNew) this.raw.recordException(exception);
    this.#lastException = { thrown };
    return exception;
  }
}

/** A function that a span is put around, sync or async. */
export type SpanFunction<T> = (handle: SpanHandle) => T | PromiseLike<T>;

/**
 * Calls a function with the span active and ends the span when it has returned, or its promise has
 * settled. What it throws marks the span as failed and is thrown on unchanged.
 */
export async function runInSpan<T>(span: OpenSpan, fn: SpanFunction<T>): Promise<T> {
  try {
    return await span.activate(() => fn(span));
  } catch (error) {
    span.fail(error);
    throw error;
  } finally {
    span.end();
  }
}

/** Known by its class: a promise of another realm, as under jest, is no instance of this one's. */
function isPlainPromise(value: unknown): value is Promise<unknown> {
  return types.isPromise(value) && value.constructor.name === 'Promise';
}

function warnUnreadable(): void {
  warnOnce('span_value_unreadable', 'A value could not be recorded on a span and was left out.');
}

function warnEnded(): void {
  warnOnce(
    'span_already_ended',
    'Something was set on a span that had already ended: it is not recorded. Set it before the end.',
  );
}
