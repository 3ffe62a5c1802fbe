import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import {
  context as contextApi,
  createContextKey,
  SpanStatusCode,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import { asText, type JsonRecord } from '../../mapping/read-attributes.js';
import type { SpanKindValue } from '../../semconv/attribute-keys.js';
import { abandonStep, isInSession, startStep, type Step } from '../agent-run.js';
import { callAttributes, type CallAnswer } from '../call-attributes.js';
import { guard } from '../integration.js';
import { markOwner } from '../llm-owner.js';
import type { MessagePart } from '../messages.js';
import { closeAtShutdown } from '../open-spans.js';
import {
  kindOf,
  modelCallOf,
  nameOf,
  stepAttributes,
  type ModelCallData,
  type SpanData,
} from './span-data.js';

/** Id of the run that a context is of; the application's own spans inside it carry it on. */
const RUN_KEY = createContextKey('catalyst.openai-agents.run');
const SUPPRESSED_ID = 'no-op';

export interface SdkTrace {
  readonly traceId: string;
  readonly name: string;
  readonly groupId: string | null;
  readonly metadata?: JsonRecord | undefined;
}

export interface SdkSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentId: string | null;
  /** What was current when this one became it. */
  readonly previousSpan?: SdkSpan | undefined;
  readonly startedAt: string | null;
  readonly endedAt: string | null;
  readonly error: { readonly message: string; readonly data?: JsonRecord | undefined } | null;
  readonly spanData: SpanData;
}

/** What is current, as the SDK keeps it in its AsyncLocalStorage (`tracing/context.ts`). */
export interface SdkStore {
  readonly trace?: SdkTrace | undefined;
  readonly span?: SdkSpan | undefined;
  readonly active: boolean;
}

/** One of our spans and what is collected for it while it is open. */
interface Run {
  readonly id: string;
  /** `undefined` of a task, which says nothing that its workflow and its agent do not. */
  readonly step: Step | undefined;
  readonly context: Context;
  readonly kind: SpanKindValue;
  readonly parent: Run | undefined;
  /** Some are started by a clone of it, which hears of no error and no end. */
  sdkSpan: SdkSpan | undefined;
  readonly forget: () => void;
  /** What providers answered below, of a model call. */
  handed?: CallAnswer;
  hasInput?: true;
  /** Tool calls that a model asked for in this turn and that no tool has taken up. */
  calls?: MessagePart[];
  handoff?: { readonly from: unknown; readonly to: unknown };
  /** Whether a workflow was asked to leave content out. */
  isWithheld?: true;
  failure?: string | undefined;
}

/**
 * Makes our spans from the spans of OpenAI Agents. The SDK calls its processors one after another,
 * each a microtask later, so code inside a span may run before we see the span: a lookup of the
 * current span then starts it.
 */
export class AgentTracing {
  readonly #tracer: Tracer;
  readonly #workflows = new Map<string, Run>();
  readonly #runs = new Map<string, Run>();
  readonly #starting = new Set<string>();
  #isOn = true;

  constructor(tracer: Tracer) {
    this.#tracer = tracer;
  }

  onTraceStart(trace: SdkTrace): void {
    guard(() => this.#startWorkflow(trace));
  }

  onTraceEnd({ traceId }: SdkTrace): void {
    guard(() => this.endWorkflow(traceId, undefined));
  }

  onSpanStart(span: SdkSpan): void {
    guard(() => {
      const run = this.#runOf(span);
      if (run !== undefined) run.sdkSpan = span;
    });
  }

  onSpanEnd(span: SdkSpan): void {
    guard(() => this.#finish(span));
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** What has begun goes on to its end. */
  stop(): void {
    this.#isOn = false;
  }

  isOpen(traceId: string): boolean {
    return this.#workflows.has(traceId);
  }

  /**
   * The context of what is current in the SDK. `undefined` when that is nothing of ours, and where the
   * application has put its own span inside it.
   */
  contextOf({ active, span, trace }: SdkStore, base: Context): Context | undefined {
    if (!active || trace === undefined) return undefined;
    if (span !== undefined && this.#starting.has(span.spanId)) return undefined;
    const run = guard(() => (span && this.#runOf(span)) ?? this.#workflows.get(trace.traceId));
    return run === undefined || base.getValue(RUN_KEY) === run.id ? undefined : run.context;
  }

  /** `traceIncludeSensitiveData: false`: our spans have no content, whatever the SDK's own have. */
  withhold(traceId: string): void {
    const workflow = this.#workflows.get(traceId);
    if (workflow !== undefined) workflow.isWithheld = true;
  }

  /** Ends the span of a workflow; with what `run()` threw, of which no processor hears. */
  endWorkflow(traceId: string, thrown: { readonly error: unknown } | undefined): void {
    const workflow = this.#workflows.get(traceId);
    if (workflow === undefined) return;
    for (const { sdkSpan } of this.#runs.values()) {
      if (sdkSpan?.traceId === traceId && sdkSpan.endedAt !== null) this.#finish(sdkSpan);
    }
    // We may not have heard of all of its spans when we see it fail.
    if (thrown === undefined) this.#workflows.delete(traceId);
    else setImmediate(() => this.#workflows.delete(traceId)).unref();
    workflow.forget();
    const span = workflow.step?.span;
    const { failure } = workflow;
    if (thrown !== undefined) span?.fail(failureOf(thrown.error, failure));
    else if (failure !== undefined) span?.fail({ message: failure });
    span?.end();
  }

  #startWorkflow({ traceId, name, groupId, metadata }: SdkTrace): void {
    if (!this.#isOn || traceId === SUPPRESSED_ID || this.#workflows.has(traceId)) return;
    const around = contextApi.active();
    const hasMetadata = metadata !== undefined && Object.keys(metadata).length > 0;
    const step = startStep(this.#tracer, {
      name,
      kind: 'AGENT',
      around,
      identity: {
        ...(groupId !== null && !isInSession(around) && { sessionId: groupId }),
        ...(hasMetadata && { metadata }),
      },
    });
    this.#workflows.set(traceId, this.#opened(traceId, 'AGENT', step, this.#workflows));
  }

  #opened(
    id: string,
    kind: SpanKindValue,
    step: Step,
    among: Map<string, Run>,
    of?: { readonly parent: Run; readonly sdkSpan: SdkSpan },
  ): Run {
    const context = step.context.setValue(RUN_KEY, id);
    const forget = closeAtShutdown(step.span, () => {
      among.delete(id);
      abandonStep(step);
    });
    return { id, kind, step, context, forget, parent: of?.parent, sdkSpan: of?.sdkSpan };
  }

  /** The run of an SDK span that is open, started if the SDK has not reported it yet. */
  #runOf(span: SdkSpan): Run | undefined {
    const { spanId, traceId, startedAt, endedAt } = span;
    const known = this.#runs.get(spanId);
    if (known !== undefined) return known;
    const workflow = this.#workflows.get(traceId);
    if (!this.#isOn || workflow === undefined || startedAt === null || endedAt !== null)
      return undefined;
    this.#starting.add(spanId);
    try {
      const parent = this.#parentOf(span) ?? workflow;
      const active = contextApi.active();
      // A span of the application's inside the parent is where this one belongs.
      const around = active.getValue(RUN_KEY) === parent.id ? active : parent.context;
      const run = this.#start(span, parent, workflow, around);
      this.#runs.set(spanId, run);
      return run;
    } finally {
      this.#starting.delete(spanId);
    }
  }

  /** The SDK links a current span to those around it, which it may not have reported yet either. */
  #parentOf({ parentId, previousSpan }: SdkSpan): Run | undefined {
    if (parentId === null) return undefined;
    let above = previousSpan;
    while (above !== undefined && above.spanId !== parentId) above = above.previousSpan;
    return above === undefined ? this.#runs.get(parentId) : this.#runOf(above);
  }

  #start(span: SdkSpan, parent: Run, workflow: Run, around: Context): Run {
    const { spanData: data, spanId: id } = span;
    const kind = kindOf(data);
    const of = { parent, sdkSpan: span };
    if (data.type === 'task') {
      const context = around.setValue(RUN_KEY, id);
      return { ...of, id, kind, step: undefined, context, forget: () => {} };
    }
    const agentName = data.type === 'agent' ? asText(data['name']) : undefined;
    const { from, to } = workflow.handoff ?? {};
    const step = startStep(this.#tracer, {
      name: nameOf(data),
      kind,
      around,
      agentName,
      attributes:
        agentName === undefined
          ? {}
          : {
              [S.GRAPH_NODE_ID]: agentName,
              ...(to === agentName && { [S.GRAPH_NODE_PARENT_ID]: asText(from) }),
            },
    });
    const run = this.#opened(id, kind, step, this.#runs, of);
    if (kind === 'LLM')
      markOwner(step.span.raw, { receive: (answer) => void (run.handed = answer) });
    return run;
  }

  #finish({ spanId, traceId, error, spanData: data }: SdkSpan): void {
    const run = this.#runs.get(spanId);
    if (run === undefined) return;
    this.#runs.delete(spanId);
    run.forget();
    const { step, parent } = run;
    const workflow = this.#workflows.get(traceId);
    const isWithheld = workflow?.isWithheld === true;
    const failure = error === null ? undefined : failureText(error, data.type, isWithheld);
    if (workflow !== undefined && parent === workflow) workflow.failure = failure;
    if (step === undefined) {
      if (parent?.step === undefined && workflow !== undefined) workflow.failure = failure;
      return;
    }
    guard(() => {
      if (run.kind === 'LLM') writeCall(run, step, modelCallOf(data, isWithheld, run.handed));
      else writeStep(run, step, data);
      if (data.type === 'handoff' && workflow !== undefined) {
        workflow.handoff = { from: data['from_agent'], to: data['to_agent'] };
      }
    });
    if (failure !== undefined) step.span.fail({ message: failure });
    step.span.end();
  }
}

function writeCall({ parent }: Run, { span }: Step, { request, answer }: ModelCallData): void {
  const attributes = callAttributes(request, answer);
  span.setAttributes(attributes);
  const { error: message, isComplete, messages = [] } = answer;
  if (message !== undefined) span.raw.setStatus({ code: SpanStatusCode.ERROR, message });
  else if (isComplete) span.raw.setStatus({ code: SpanStatusCode.OK });
  const parts = messages.flatMap((said) => said.parts);
  if (parent !== undefined) parent.calls = parts.filter(({ type }) => type === 'tool_call');
  // What the agents around it were asked and came to, up to the tool that they are called by.
  for (let at = parent; at !== undefined && at.kind !== 'TOOL'; at = at.parent) {
    if (at.kind !== 'AGENT' || at.step === undefined) continue;
    const input = at.hasInput === true ? {} : pick(attributes, 'input');
    at.hasInput = true;
    at.step.span.setAttributes({ ...input, ...pick(attributes, 'output') });
  }
}

function writeStep(run: Run, { span }: Step, data: SpanData): void {
  span.setAttributes(stepAttributes(data));
  if (data.type === 'handoff') span.raw.updateName(nameOf(data));
  if (data.type !== 'function') return;
  // The span of a tool doesn't say which call it answers: the first one with its name and arguments.
  const calls = run.parent?.calls ?? [];
  const at = calls.findIndex(
    (call) => call['name'] === data['name'] && call['arguments'] === data['input'],
  );
  const [call] = at === -1 ? [] : calls.splice(at, 1);
  span.setAttribute(S.TOOL_CALL_ID, call?.['id']);
}

function pick(attributes: JsonRecord, side: 'input' | 'output'): JsonRecord {
  return {
    [`${side}.value`]: attributes[`${side}.value`],
    [`${side}.mime_type`]: attributes[`${side}.mime_type`],
  };
}

/** Spans whose error messages are the SDK's; those of others are what was thrown. */
const WITH_FIXED_MESSAGE: ReadonlySet<string> = new Set(['agent', 'function', 'task', 'turn']);

/** The SDK's message with the reason, which may quote content. */
function failureText(
  { message, data }: NonNullable<SdkSpan['error']>,
  type: string,
  isWithheld: boolean,
): string {
  if (isWithheld) return WITH_FIXED_MESSAGE.has(type) ? message : 'failed';
  const reason = asText(data?.['error']);
  return reason === undefined || reason === 'Error' ? message : `${message}: ${reason}`;
}

/**
 * What a workflow failed with: the class of what was thrown, and the message of its last run, since the
 * error's own may be content that the run was asked to leave out.
 */
function failureOf(error: unknown, reported: string | undefined): unknown {
  if (!(error instanceof Error)) return { message: reported ?? 'failed' };
  const name = error.constructor.name;
  return { name, message: reported ?? name };
}
