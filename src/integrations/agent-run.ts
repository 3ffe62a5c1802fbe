import { context as contextApi, trace, type Context, type Tracer } from '@opentelemetry/api';
import { liveSetup } from '../live-tracing.js';
import { asText } from '../mapping/read-attributes.js';
import { Attr } from '../semconv/attribute-keys.js';
import { identityOf, withIdentity } from '../session/identity.js';
import type { OpenSpan } from '../spans/span-handle.js';
import { guard } from './integration.js';
import { jsonText } from './messages.js';
import { closeAtShutdown } from './open-spans.js';
import { abandonStep, endStep, NOBODY, startStep, type EndStep, type Step } from './step.js';

/** A run, put together from what its SDK reports: its span, and its tools. */
export class AgentRun {
  readonly tracer: Tracer | undefined;
  readonly tools: ToolCalls;
  readonly #around = contextApi.active();
  readonly #forget: () => void;
  #step: Step;
  #isOver = false;

  constructor(tracer: Tracer | undefined, step: Step) {
    this.tracer = tracer;
    this.#step = step;
    this.tools = new ToolCalls(tracer);
    this.#forget = closeAtShutdown(this.span, () => this.abandon());
  }

  get span(): OpenSpan {
    return this.#step.span;
  }

  get context(): Context {
    return this.#step.context;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /**
   * The session by the SDK's own id, which is known only after the run has started. A run inside a
   * span of the application's or of LiveKit's belongs to that session.
   */
  joinSession(id: unknown): void {
    const sessionId = asText(id);
    const isInside =
      trace.getSpan(this.#around) !== undefined ||
      identityOf(this.#around)?.sessionId !== undefined ||
      liveSetup()?.resolved?.sessionId !== undefined;
    if (isInside || sessionId === undefined) return;
    const { span, context } = this.#step;
    span.setAttribute(Attr.SESSION_ID, sessionId);
    const identity = { ...NOBODY, ...identityOf(context), sessionId };
    this.#step = { span, context: withIdentity(context, identity) };
  }

  /** The run ended; with a message, it failed. */
  ended(failure?: string): void {
    if (failure === undefined) this.finishBy(({ span }) => span.end());
    else this.failed({ message: failure });
  }

  failed(error: unknown): void {
    this.finishBy(({ span }) => {
      span.fail(error);
      span.end();
    });
  }

  /** Nobody has read the run to its end. */
  abandon(): void {
    this.finishBy(abandonStep);
  }

  /** Ends what is open inside of the run, other than tools. */
  protected beforeEnd(_end: EndStep): void {}

  /** `endInner`: what becomes of what is open inside. */
  protected finishBy(end: EndStep, endInner: EndStep = abandonStep): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#forget();
    guard(() => {
      this.tools.endAll(endInner);
      this.beforeEnd(endInner);
    });
    end(this.#step);
  }
}

export interface Tool extends Step {
  readonly input: unknown;
  readonly startMillis: number;
}

/** The open tool calls of a run, by the ids that its SDK gives them. */
export class ToolCalls {
  readonly #tracer: Tracer | undefined;
  readonly #open = new Map<string, Tool>();

  constructor(tracer: Tracer | undefined) {
    this.#tracer = tracer;
  }

  get(id: unknown): Tool | undefined {
    return this.#open.get(asText(id) ?? '');
  }

  /** Of a call that is open already it changes nothing. */
  start(around: Context, id: unknown, toolName: unknown, input: unknown): OpenSpan {
    const known = this.get(id);
    if (known !== undefined) return known.span;
    const name = asText(toolName) ?? 'tool';
    const step = startStep(this.#tracer, { name, kind: 'TOOL', around });
    step.span.setTool({ name, callId: asText(id) }).setInput(input);
    this.#open.set(asText(id) ?? '', { ...step, input, startMillis: Date.now() });
    return step.span;
  }

  end(id: unknown, output: unknown, failure?: unknown): void {
    const tool = this.get(id);
    this.#open.delete(asText(id) ?? '');
    if (tool !== undefined) endStep(tool, output, failure);
  }

  /** Ends what is open, the newest first: one may be below another. */
  endAll(end: EndStep): void {
    for (const tool of [...this.#open.values()].toReversed()) end(tool);
    this.#open.clear();
  }
}

/** What a tool failed with, where its SDK says so in what the tool returned. */
export function toolFailure(hasFailed: boolean, output: unknown): unknown {
  return hasFailed ? { message: jsonText(output) ?? 'the tool failed' } : undefined;
}
