import { context as contextApi, type Context, type Tracer } from '@opentelemetry/api';
import {
  asFiniteNumber,
  asText,
  isRecord,
  type JsonRecord,
} from '../../mapping/read-attributes.js';
import { Attr } from '../../semconv/attribute-keys.js';
import type { NormalizedUsage } from '../../spans/usage.js';
import {
  abandonStep,
  failStep,
  inSession,
  ownSession,
  startStep,
  startTool,
  type Step,
} from '../agent-steps.js';
import { countAttributes, jsonText, recordsIn, startAttributes } from '../call-attributes.js';
import { closeAtShutdown } from '../open-spans.js';

/** The spans of one run of a Cursor agent: the run (AGENT), its tools, and what its models used. */
export class CursorRun {
  readonly #tracer: Tracer;
  readonly #step: Step;
  readonly #startMillis = Date.now();
  readonly #tools = new Map<string, Step>();
  readonly #forget: () => void;
  #text = '';
  #isOver = false;

  constructor(tracer: Tracer, agentId: unknown, message: unknown) {
    this.#tracer = tracer;
    const around = contextApi.active();
    const id = asText(agentId);
    const step = startStep(tracer, {
      name: 'cursor.run',
      kind: 'AGENT',
      around,
      attributes: { [Attr.LLM_SYSTEM]: 'cursor' },
      identity: id === undefined ? {} : { agent: { id, name: undefined, role: undefined } },
    });
    this.#step = id === undefined ? step : inSession(step, ownSession(around, id));
    step.span.setInput(isRecord(message) ? (message['text'] ?? message) : message);
    this.#forget = closeAtShutdown(step.span, () => this.#end(abandonStep));
  }

  get context(): Context {
    return this.#step.context;
  }

  /** A message of the run's stream. */
  see(message: unknown): void {
    if (this.#isOver || !isRecord(message)) return;
    switch (message['type']) {
      case 'assistant': {
        const said = isRecord(message['message']) ? message['message']['content'] : undefined;
        for (const { type, text } of recordsIn(said))
          if (type === 'text') this.#text += String(text);
        break;
      }
      case 'tool_call':
        this.#seeTool(message);
        break;
      default:
    }
  }

  /** What `wait()` resolves with, or what the run says of itself: a run that failed does not reject. */
  settle(result: unknown): void {
    if (this.#isOver) return;
    const { status, result: said, error, usage, model } = isRecord(result) ? result : {};
    const { span } = this.#step;
    span.setOutput(said ?? (this.#text === '' ? undefined : this.#text));
    // Of all turns together; a stream tells of each.
    if (isRecord(usage)) this.#count(usage, model);
    if (status === 'cancelled') span.setOutcome('cancelled').setStopReason('cancelled');
    if (status === 'error') {
      const message = isRecord(error) ? asText(error['message']) : asText(error);
      failStep(this.#step, message ?? asText(said) ?? 'The run failed.');
    }
    this.#end((step) => step.span.end());
  }

  failed(error: unknown): void {
    this.#end(({ span }) => {
      span.fail(error);
      span.end();
    });
  }

  #seeTool(call: JsonRecord): void {
    const id = asText(call['call_id']) ?? '';
    const name = asText(call['name']) ?? 'tool';
    const { status, args, result } = call;
    const tool =
      this.#tools.get(id) ?? startTool(this.#tracer, this.context, { name, id, input: args });
    this.#tools.set(id, tool);
    if (status === 'running') return;
    this.#tools.delete(id);
    tool.span.setOutput(result);
    if (status === 'error') failStep(tool, jsonText(result) ?? 'the tool failed');
    tool.span.end();
  }

  /** Single calls of models are not told: one span stands for all of the run. */
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
    span.setAttributes(Object.fromEntries(countAttributes(usageOf(usage)))).end();
  }

  #end(end: (step: Step) => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    for (const tool of this.#tools.values()) abandonStep(tool);
    end(this.#step);
  }
}

/** `total` is input, output and both caches (`usage-types.d.ts` of 1.0.32); caches stand beside the input. */
function usageOf(usage: JsonRecord): NormalizedUsage {
  const count = (name: string): number => asFiniteNumber(usage[`${name}Tokens`]) ?? 0;
  const cacheRead = count('cacheRead');
  const cacheWrite = count('cacheWrite');
  return {
    prompt: count('input') + cacheRead + cacheWrite,
    completion: count('output'),
    cacheRead,
    cacheWrite,
    reasoning: count('reasoning'),
  };
}
