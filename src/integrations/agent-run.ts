import { context as contextApi, type Context, type Tracer } from '@opentelemetry/api';
import { asText } from '../mapping/read-attributes.js';
import { Attr } from '../semconv/attribute-keys.js';
import type { OpenSpan } from '../spans/span-handle.js';
import {
  abandonStep,
  failStep,
  inSession,
  startStep,
  startTool,
  type Step,
} from './agent-steps.js';
import { jsonText } from './call-attributes.js';
import { guard } from './model-call.js';
import { closeAtShutdown } from './open-spans.js';

export interface RunStart {
  readonly name: string;
  readonly system?: string;
  readonly agentId?: unknown;
  readonly userId?: unknown;
}

/** A run of an agent, put together from what its SDK reports: its span, and its tools. */
export class AgentRun {
  readonly tools: ToolCalls;
  readonly #around = contextApi.active();
  readonly #forget: () => void;
  #step: Step;
  #isOver = false;

  constructor(tracer: Tracer, { name, system, agentId, userId }: RunStart) {
    const id = asText(agentId);
    this.#step = startStep(tracer, {
      name,
      kind: 'AGENT',
      around: this.#around,
      attributes: system === undefined ? undefined : { [Attr.LLM_SYSTEM]: system },
      identity: {
        agent: id === undefined ? undefined : { id, name: undefined, role: undefined },
        userId: asText(userId),
      },
    });
    this.tools = new ToolCalls(tracer);
    this.#forget = closeAtShutdown(this.span, () => this.#end(abandonStep));
  }

  get span(): OpenSpan {
    return this.#step.span;
  }

  /** Of what runs inside the run. */
  get context(): Context {
    return this.#step.context;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The session by the SDK's own id, unless the run is inside of another one. */
  joinSession(id: unknown): void {
    const session = asText(id);
    if (session !== undefined) this.#step = inSession(this.#step, this.#around, session);
  }

  /** The run ended; with a message, it failed. */
  ended(failure?: string): void {
    this.#end((step) => {
      if (failure !== undefined) failStep(step, failure);
      step.span.end();
    });
  }

  failed(error: unknown): void {
    this.#end(({ span }) => {
      span.fail(error);
      span.end();
    });
  }

  /** What has to end before the run does. */
  protected beforeEnd(): void {}

  #end(end: (step: Step) => void): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    guard(() => {
      this.tools.abandon();
      this.beforeEnd();
    });
    end(this.#step);
  }
}

/** The open tool calls of a run, by the ids that its SDK gives them. */
export class ToolCalls {
  readonly #tracer: Tracer;
  readonly #open = new Map<string, Step>();

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  /** The context of a call; `undefined` of one that is not open. */
  contextOf(id: unknown): Context | undefined {
    return this.#open.get(asText(id) ?? '')?.context;
  }

  /** Of a call that is open already it changes nothing. */
  start(around: Context, id: unknown, name: unknown, input: unknown): OpenSpan {
    const key = asText(id) ?? '';
    const call = { name: asText(name) ?? 'tool', id: asText(id), input };
    const tool = this.#open.get(key) ?? startTool(this.#tracer, around, call);
    this.#open.set(key, tool);
    return tool.span;
  }

  end(id: unknown, output: unknown, hasFailed: boolean): void {
    const key = asText(id) ?? '';
    const tool = this.#open.get(key);
    if (tool === undefined) return;
    this.#open.delete(key);
    tool.span.setOutput(output);
    if (hasFailed) failStep(tool, jsonText(output) ?? 'the tool failed');
    tool.span.end();
  }

  abandon(): void {
    for (const tool of this.#open.values()) abandonStep(tool);
    this.#open.clear();
  }
}

/** Sees how a call of an SDK ends, before its caller does. */
export function seeEnd(
  result: unknown,
  see: (value: unknown) => void,
  failed: (error: unknown) => void,
): unknown {
  if (!(result instanceof Promise)) return result;
  return result.then(
    (value: unknown) => {
      guard(() => see(value));
      return value;
    },
    (error: unknown) => {
      guard(() => failed(error));
      throw error;
    },
  );
}
