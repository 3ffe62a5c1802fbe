import {
  context as contextApi,
  SpanKind,
  SpanStatusCode,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import type { OpenSpan } from '../spans/span-handle.js';
import {
  answerAttributes,
  inputAttributes,
  requestAttributes,
  startAttributes,
  type CallAnswer,
  type CallRequest,
} from './call-attributes.js';
import { guard } from './integration.js';
import { markOwner, SILENT_OWNER, withOwner, type LlmOwner } from './llm-owner.js';
import { closeAtShutdown } from './open-spans.js';
import { setMetadata, startStep, type StepStart } from './step.js';

/** How a call stopped that neither completed nor failed. */
export type Stop = 'abandoned' | 'aborted' | 'raw';

/** Observes how a model call ends. Only its first end counts. */
export interface CallObserver {
  /** Calls the SDK in the context that belongs to the call. */
  run<T>(call: () => T): T;
  /** The answer is a stream, which its reader may leave; `partial` is what has arrived so far. */
  streams(partial: () => CallAnswer | undefined): void;
  answered(answer: CallAnswer): void;
  failed(error: unknown, partial?: CallAnswer): void;
  stopped(how: Stop, partial?: CallAnswer): void;
}

/**
 * The span of one model call, which counts its tokens. It is active while the SDK runs, so that HTTP
 * spans are its children and wrappers below it start no span.
 */
export class ModelCall implements CallObserver {
  readonly span: OpenSpan;
  #request: CallRequest | undefined;
  readonly around: Context;
  #metadata: Readonly<Record<string, unknown>> = {};
  #forget: (() => void) | undefined;
  #isOver = false;

  /** `startMillis`: when it began, of a call that its SDK reports later. */
  constructor(
    tracer: Tracer | undefined,
    name: string,
    request: CallRequest | undefined,
    around: Context,
    {
      owner,
      ...more
    }: Pick<StepStart, 'startMillis' | 'identity'> & { owner?: LlmOwner | undefined } = {},
  ) {
    this.around = around;
    this.#request = request;
    const attributes = request && startAttributes(request);
    const otelKind = SpanKind.CLIENT;
    const step = { ...more, name, kind: 'LLM', around, otelKind, attributes } as const;
    this.span = startStep(tracer, step).span;
    markOwner(this.span.raw, owner);
    // A call under way is sent as it is at shutdown: it should say what was asked.
    if (request !== undefined) this.span.setAttributes(inputAttributes(request));
  }

  run<T>(call: () => T): T {
    return this.span.activate(() =>
      contextApi.with(withOwner(contextApi.active(), SILENT_OWNER), call),
    );
  }

  /** What was asked, where its SDK says so only now. */
  asked(request: CallRequest): void {
    this.#request = request;
    this.span.setAttributes({ ...startAttributes(request), ...inputAttributes(request) });
  }

  /** What a framework reports about the call in addition to the request. */
  addMetadata(metadata: Readonly<Record<string, unknown>>): void {
    this.#metadata = { ...this.#metadata, ...metadata };
    setMetadata(this.span, this.around, this.#metadata);
  }

  streams(partial: () => CallAnswer | undefined): void {
    this.#forget = closeAtShutdown(this.span, () => this.stopped('abandoned', partial()));
  }

  /** `endMillis`: when it ended, of a call whose answer is known only later. */
  answered(answer: CallAnswer, endMillis?: number): void {
    this.#end(
      answer,
      () => {
        const { error: message, isComplete } = answer;
        if (message !== undefined) this.span.raw.setStatus({ code: SpanStatusCode.ERROR, message });
        else if (isComplete) this.span.raw.setStatus({ code: SpanStatusCode.OK });
      },
      endMillis,
    );
  }

  failed(error: unknown, partial?: CallAnswer): void {
    if (isAbort(error)) this.stopped('aborted', partial);
    else this.#end(partial, () => this.span.fail(error));
  }

  stopped(how: Stop, partial?: CallAnswer): void {
    const key = how === 'raw' ? 'response' : 'stream';
    this.#end(partial, () => {
      if (how === 'abandoned') this.span.setOutcome(how);
      this.addMetadata({ [key]: how });
    });
  }

  #end(answer: CallAnswer | undefined, conclude: () => void, endMillis?: number): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget?.();
    guard(() => this.#write(answer));
    guard(conclude);
    if (endMillis === undefined) this.span.end();
    else this.span.raw.end(endMillis);
  }

  #write(answer: CallAnswer | undefined): void {
    if (!this.span.raw.isRecording()) return;
    const request = this.#request;
    const isEmbedding = request?.texts !== undefined;
    if (answer !== undefined) this.span.setAttributes(answerAttributes(answer, isEmbedding));
    if (request !== undefined) this.span.setAttributes(requestAttributes(request));
  }
}

/** The application took the call back: `AbortController`, or the SDK's own `abort()`. */
export function isAbort(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || error.constructor.name === 'APIUserAbortError';
}
