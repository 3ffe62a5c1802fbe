import type { Tracer } from '@opentelemetry/api';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { AgentRun } from '../agent-run.js';
import { startStep } from '../agent-steps.js';
import { countAttributes, recordsIn, sideBySide, startAttributes } from '../call-attributes.js';

/** The spans of one run of a Cursor agent: the run (AGENT), its tools, and what its models used. */
export class CursorRun extends AgentRun {
  readonly #tracer: Tracer;
  readonly #startMillis = Date.now();
  #text = '';

  constructor(tracer: Tracer, agentId: unknown, message: unknown) {
    super(tracer, { name: 'cursor.run', system: 'cursor', agentId });
    this.#tracer = tracer;
    this.joinSession(agentId);
    this.span.setInput(isRecord(message) ? (message['text'] ?? message) : message);
  }

  /** A message of the run's stream. */
  see(message: unknown): void {
    if (this.isOver || !isRecord(message)) return;
    const { type, status, call_id: id, name, args, result, message: said } = message;
    if (type === 'assistant') {
      for (const part of recordsIn(isRecord(said) ? said['content'] : undefined))
        if (part['type'] === 'text') this.#text += String(part['text']);
    }
    if (type === 'tool_call') {
      this.tools.start(this.context, id, name, args);
      if (status !== 'running') this.tools.end(id, result, status === 'error');
    }
  }

  /** What `wait()` resolves with, or what the run says of itself: a run that failed does not reject. */
  settle(result: unknown): void {
    if (this.isOver) return;
    const { status, result: said, error, usage, model } = isRecord(result) ? result : {};
    this.span.setOutput(said ?? (this.#text === '' ? undefined : this.#text));
    // The sum of all turns; a stream reports each.
    if (isRecord(usage)) this.#count(usage, model);
    if (status === 'cancelled') this.span.setOutcome('cancelled').setStopReason('cancelled');
    const message = isRecord(error) ? asText(error['message']) : asText(error);
    const failure = message ?? asText(said) ?? 'The run failed.';
    this.ended(status === 'error' ? failure : undefined);
  }

  /** The SDK does not report single model calls: one span covers all of the run. */
  #count(usage: JsonRecord, model: unknown): void {
    const request = {
      model: isRecord(model) ? asText(model['id']) : asText(model),
      system: 'cursor',
      provider: 'cursor',
      messages: [],
      tools: [],
      parameters: {},
    };
    const { span } = startStep(this.#tracer, {
      name: 'cursor.model',
      kind: 'LLM',
      around: this.context,
      startMillis: this.#startMillis,
      attributes: startAttributes(request),
    });
    // `total` is input, output and both caches (`usage-types.d.ts` of 1.0.32).
    const counts = countAttributes(sideBySide((part) => usage[`${part}Tokens`]));
    span.setAttributes(Object.fromEntries(counts)).end();
  }
}
