import {
  context as contextApi,
  SpanKind,
  SpanStatusCode,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { debug } from '../diagnostics.js';
import { liveSetup } from '../live-tracing.js';
import { identityOf } from '../session/identity.js';
import type { OpenSpan } from '../spans/span-handle.js';
import { openSpan, startSpan } from '../spans/start-span.js';
import {
  answerAttributes,
  embeddingAnswerAttributes,
  inputAttributes,
  requestAttributes,
  startAttributes,
  type CallAnswer,
  type CallRequest,
} from './call-attributes.js';
import { markOwner, SILENT_OWNER, withOwner } from './llm-owner.js';
import { closeAtShutdown } from './open-spans.js';

export type { CallAnswer, CallRequest };

/** How a call stopped that neither completed nor failed. */
export type Stop = 'abandoned' | 'aborted' | 'raw';

/** Observes how a model call ends. Only its first end counts. */
export interface CallObserver {
  /** Calls the SDK in the context that belongs to the call. */
  run<T>(call: () => T): T;
  /** The answer is a stream, which its reader may leave; `partial` is what has arrived so far. */
  streams(partial: () => CallAnswer | undefined): void;
  answered(answer: CallAnswer): void;
  /** With what had arrived until then. */
  failed(error: unknown, partial?: CallAnswer): void;
  stopped(how: Stop, partial?: CallAnswer): void;
}

/** Runs our code: what it throws must never reach the application or its SDK. */
export function guard<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    debug(`An integration failed: ${error instanceof Error ? error.name : typeof error}`);
    return undefined;
  }
}

/**
 * The span of one model call, which counts its tokens. It is active while the SDK runs, so that HTTP
 * spans are its children and wrappers below it start no span.
 */
export class ModelCall implements CallObserver {
  readonly span: OpenSpan;
  readonly #request: CallRequest | undefined;
  /** Where the call was made. */
  readonly around: Context;
  #metadata: Readonly<Record<string, unknown>> = {};
  #forget: (() => void) | undefined;
  #isOver = false;

  /** Without a tracer: that of the live tracing. */
  constructor(
    tracer: Tracer | undefined,
    spanName: string,
    request: CallRequest | undefined,
    around: Context,
  ) {
    this.around = around;
    this.#request = request;
    this.span = openSpan(tracer, (usable) =>
      contextApi.with(around, () =>
        startSpan(usable, {
          name: spanName,
          kind: SpanKind.CLIENT,
          attributes: request === undefined ? {} : startAttributes(request),
          identity: undefined,
          isAgentRun: false,
        }),
      ),
    );
    markOwner(this.span.raw);
    // A call under way is sent as it is at shutdown: it should say what was asked.
    if (request !== undefined) this.span.setAttributes(inputAttributes(request));
  }

  run<T>(call: () => T): T {
    return this.span.activate(() =>
      contextApi.with(withOwner(contextApi.active(), SILENT_OWNER), call),
    );
  }

  /** Makes the span active and lets calls below count by themselves. */
  activate<T>(call: () => T): T {
    return this.span.activate(call);
  }

  /** What a framework reports about the call in addition to the request. */
  describe(
    attributes: Readonly<Record<string, unknown>>,
    metadata: Readonly<Record<string, unknown>>,
  ): void {
    this.span.setAttributes(attributes);
    this.#addMetadata(metadata);
  }

  streams(partial: () => CallAnswer | undefined): void {
    this.#forget = closeAtShutdown(this.span, () => this.stopped('abandoned', partial()));
  }

  answered(answer: CallAnswer): void {
    this.#end(answer, () => {
      const { error: message, isComplete } = answer;
      if (message !== undefined) this.span.raw.setStatus({ code: SpanStatusCode.ERROR, message });
      else if (isComplete) this.span.raw.setStatus({ code: SpanStatusCode.OK });
    });
  }

  failed(error: unknown, partial?: CallAnswer): void {
    if (isAbort(error)) this.stopped('aborted', partial);
    else this.#end(partial, () => this.span.fail(error));
  }

  stopped(how: Stop, partial?: CallAnswer): void {
    const key = how === 'raw' ? 'response' : 'stream';
    this.#end(partial, () => {
      if (how === 'abandoned') this.span.setOutcome(how);
      this.#addMetadata({ [key]: how });
    });
  }

  #addMetadata(metadata: Readonly<Record<string, unknown>>): void {
    this.#metadata = { ...this.#metadata, ...metadata };
    if (Object.keys(this.#metadata).length === 0) return;
    this.span.setAttribute(S.METADATA, withMetadataAround(this.around, this.#metadata));
  }

  #end(answer: CallAnswer | undefined, conclude: () => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget?.();
    guard(() => this.#write(answer));
    guard(conclude);
    this.span.end();
  }

  #write(answer: CallAnswer | undefined): void {
    if (!this.span.raw.isRecording()) return;
    const request = this.#request;
    if (answer !== undefined) {
      const isEmbedding = request?.texts !== undefined;
      this.span.setAttributes(
        isEmbedding ? embeddingAnswerAttributes(answer) : answerAttributes(answer),
      );
    }
    if (request !== undefined) this.span.setAttributes(requestAttributes(request));
  }
}

/** Metadata of one span, after what the application said of all of them: there is one attribute. */
export function withMetadataAround(
  around: Context,
  metadata: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return {
    ...liveSetup()?.resolved?.metadata,
    ...identityOf(around)?.metadata,
    ...metadata,
  };
}

/** The application took the call back: `AbortController`, or the SDK's own `abort()`. */
export function isAbort(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return error.name === 'AbortError' || error.constructor.name === 'APIUserAbortError';
}
