import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { readUsage } from '../../spans/usage.js';
import type { NormalizedUsage } from '../../spans/usage.js';
import { startStep, type Step } from '../agent-steps.js';
import { messagesAnswer } from '../anthropic/messages.js';
import {
  answerAttributes,
  inputAttributes,
  requestAttributes,
  startAttributes,
  type CallRequest,
} from '../call-attributes.js';

/** The main loop or a sub-agent: what was said in it, and the message that the model is writing. */
export interface Scope {
  step: Step;
  readonly messages: unknown[];
  /** When the model last got something to answer. */
  sinceMillis: number;
  call: ClaudeCall | undefined;
}

/** One message of the API: it arrives in pieces, and is one model call. */
export class ClaudeCall {
  readonly id: string;
  readonly model: string;
  readonly blocks: JsonRecord[] = [];
  readonly #step: Step;
  readonly #request: CallRequest;
  #usage: JsonRecord = {};
  #isExact = false;
  #finishReason: string | undefined;
  #endMillis = Date.now();

  constructor(tracer: Tracer | undefined, scope: Scope, message: JsonRecord, request: CallRequest) {
    this.id = asText(message['id']) ?? '';
    this.model = asText(message['model']) ?? '';
    this.#request = request;
    this.#step = startStep(tracer, {
      name: 'claude.message',
      kind: 'LLM',
      around: scope.step.context,
      otelKind: SpanKind.CLIENT,
      startMillis: Math.min(scope.sinceMillis, this.#endMillis),
      attributes: startAttributes(request),
    });
    this.#step.span.setAttributes(inputAttributes(request));
    this.#merge(message['usage']);
  }

  /** What the API has charged, where it is known: the output of what was not streamed is not. */
  get exactUsage(): NormalizedUsage | undefined {
    return this.#isExact ? readUsage(this.#usage) : undefined;
  }

  /** With a placeholder for the output. */
  get reportedUsage(): NormalizedUsage {
    return readUsage(this.#usage);
  }

  touch(): void {
    this.#endMillis = Date.now();
  }

  /** Pieces of the message. */
  add(blocks: readonly JsonRecord[], message: JsonRecord): void {
    this.touch();
    this.blocks.push(...blocks);
    this.#finishReason ??= asText(message['stop_reason']);
    if (!this.#isExact) this.#merge(message['usage']);
  }

  /** The end of the message. */
  count(usage: unknown, delta: unknown): void {
    this.touch();
    this.#merge(usage);
    this.#isExact = true;
    if (isRecord(delta)) this.#finishReason = asText(delta['stop_reason']) ?? this.#finishReason;
  }

  end(usage: NormalizedUsage | undefined): void {
    const { span } = this.#step;
    const content = this.blocks;
    const read = messagesAnswer({ id: this.id, model: this.model, content });
    span.setAttributes(answerAttributes({ ...read, finishReason: this.#finishReason, usage }));
    span.setAttributes(requestAttributes(this.#request));
    if (this.#finishReason !== undefined) span.raw.setStatus({ code: SpanStatusCode.OK });
    span.raw.end(this.#endMillis);
  }

  /** Counts are cumulative: what a later piece has replaces what an earlier one had. */
  #merge(usage: unknown): void {
    if (!isRecord(usage)) return;
    const counts = Object.entries(usage).filter(([, count]) => count !== null);
    this.#usage = { ...this.#usage, ...Object.fromEntries(counts) };
  }
}
