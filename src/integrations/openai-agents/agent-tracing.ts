import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Context, Tracer } from '@opentelemetry/api';
import { asText, type JsonRecord } from '../../mapping/read-attributes.js';
import { completedBy, inputAttributes, outputAttributes } from '../call-attributes.js';
import { guard } from '../integration.js';
import type { MessagePart } from '../messages.js';
import type { ModelCall } from '../model-call.js';
import { ModelOwner, Runs, RunSpans, type Run } from '../runs.js';
import { kindOf, modelCallOf, nameOf, stepAttributes, type SpanData } from './span-data.js';

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

/** What all runs of a trace share. */
interface Workflow {
  /** Its tasks, which say nothing that it and its agents do not, with the run that each is in. */
  readonly tasks: Map<string, string>;
  handoff?: { readonly from: unknown; readonly to: unknown };
  /** Whether it was asked to leave content out. */
  isWithheld?: true;
  failure?: string | undefined;
}

interface AgentNotes {
  readonly workflow: Workflow;
  /** Some are started by a clone of it, which hears of no error and no end. */
  sdkSpan?: SdkSpan;
  hasInput?: true;
  /** Tool calls that a model asked for in this turn and that no tool has taken up. */
  calls?: MessagePart[];
}
type AgentRun = Run<AgentNotes>;

/**
 * Makes our spans from the spans of OpenAI Agents. The SDK calls its processors one after another,
 * each a microtask later, so code inside a span may run before we see the span: a lookup of the
 * current span then starts it.
 */
export class AgentTracing {
  /** Workflows by the ids of their traces, and what is in them by those of the SDK's spans. */
  readonly #runs = new Runs<AgentNotes>('catalyst.openai-agents.run');
  readonly #spans: RunSpans<AgentNotes>;
  readonly #starting = new Set<string>();
  #isOn = true;

  constructor(tracer: Tracer) {
    this.#spans = new RunSpans(tracer, this.#runs);
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
      if (run?.id === span.spanId) run.notes.sdkSpan = span;
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
    return this.#runs.open(traceId) !== undefined;
  }

  /**
   * The context of what is current in the SDK. `undefined` when that is nothing of ours, and where the
   * application has put its own span inside it.
   */
  contextOf({ active, span, trace }: SdkStore, base: Context): Context | undefined {
    if (!active || trace === undefined) return undefined;
    if (span !== undefined && this.#starting.has(span.spanId)) return undefined;
    const run = guard(() => (span && this.#runOf(span)) ?? this.#runs.open(trace.traceId));
    return run === undefined || this.#runs.isIn(run.id, base) ? undefined : run.context;
  }

  /** `traceIncludeSensitiveData: false`: our spans have no content, whatever the SDK's own have. */
  withhold(traceId: string): void {
    const run = this.#runs.open(traceId);
    if (run !== undefined) run.notes.workflow.isWithheld = true;
  }

  /** Ends the span of a workflow; with what `run()` threw, of which no processor hears. */
  endWorkflow(traceId: string, thrown: { readonly error: unknown } | undefined): void {
    for (const { notes } of this.#runs.below(traceId)) {
      if (notes.sdkSpan !== undefined && notes.sdkSpan.endedAt !== null)
        this.#finish(notes.sdkSpan);
    }
    const conclude = ({ span, notes }: AgentRun): void => {
      const { failure } = notes.workflow;
      if (thrown !== undefined) span.fail(failureOf(thrown.error, failure));
      else if (failure !== undefined) span.fail({ message: failure });
    };
    // We may not have heard of all of its spans when we see it fail.
    this.#spans.end(traceId, conclude, thrown !== undefined);
  }

  #startWorkflow({ traceId, name, groupId, metadata = {} }: SdkTrace): void {
    if (!this.#isOn || traceId === SUPPRESSED_ID || this.isOpen(traceId)) return;
    const run = {
      id: traceId,
      parentId: undefined,
      name,
      sessionId: groupId ?? undefined,
      inherited: Object.keys(metadata).length > 0 ? metadata : undefined,
    };
    this.#spans.start(run, 'AGENT', {}, { workflow: { tasks: new Map() } });
  }

  /** The run of an SDK span that is open, started if the SDK has not reported it yet. */
  #runOf(span: SdkSpan): AgentRun | undefined {
    const { spanId, traceId, startedAt, endedAt, spanData: data } = span;
    const outermost = this.#runs.open(traceId);
    const tasks = outermost?.notes.workflow.tasks;
    const known = this.#runs.open(tasks?.get(spanId) ?? spanId);
    if (known !== undefined) return known;
    if (!this.#isOn || outermost === undefined || startedAt === null || endedAt !== null)
      return undefined;
    this.#starting.add(spanId);
    try {
      const parent = this.#parentOf(span, outermost.notes.workflow) ?? outermost;
      if (data.type === 'task') {
        tasks?.set(spanId, parent.id);
        return parent;
      }
      this.#start(span, parent);
      return this.#runs.open(spanId);
    } finally {
      this.#starting.delete(spanId);
    }
  }

  /** The SDK links a current span to those around it, which it may not have reported yet either. */
  #parentOf({ parentId, previousSpan }: SdkSpan, { tasks }: Workflow): AgentRun | undefined {
    if (parentId === null) return undefined;
    let above = previousSpan;
    while (above !== undefined && above.spanId !== parentId) above = above.previousSpan;
    if (above !== undefined) return this.#runOf(above);
    return this.#runs.open(tasks.get(parentId) ?? parentId);
  }

  #start(sdkSpan: SdkSpan, parent: AgentRun): void {
    const { spanData: data, spanId: id } = sdkSpan;
    const kind = kindOf(data);
    const { workflow } = parent.notes;
    const notes = { sdkSpan, workflow };
    const agentName = data.type === 'agent' ? asText(data['name']) : undefined;
    const run = { id, parentId: parent.id, name: nameOf(data), agentName };
    if (kind === 'LLM') {
      this.#spans.startCall(run, undefined, new ModelOwner(), notes);
      return;
    }
    const { from, to } = workflow.handoff ?? {};
    const attributes = agentName === undefined ? {} : { [S.GRAPH_NODE_ID]: agentName };
    const span = this.#spans.start(run, kind, attributes, notes);
    if (agentName !== undefined && to === agentName)
      span.setAttribute(S.GRAPH_NODE_PARENT_ID, from);
  }

  #finish({ spanId, traceId, error, spanData: data }: SdkSpan): void {
    const own = this.#runs.open(spanId);
    const workflow = (own ?? this.#runs.open(traceId))?.notes.workflow;
    if (workflow === undefined) return;
    const isWithheld = workflow.isWithheld === true;
    const failure = error === null ? undefined : failureText(error, data.type, isWithheld);
    const parentId = workflow.tasks.get(spanId) ?? own?.parentId;
    if (parentId === traceId) workflow.failure = failure;
    workflow.tasks.delete(spanId);
    if (data.type === 'handoff')
      workflow.handoff = { from: data['from_agent'], to: data['to_agent'] };
    this.#spans.end(spanId, (run) => {
      if (run.call !== undefined) this.#finishCall(run, run.call, data, isWithheld, failure);
      else this.#finishStep(run, data, failure);
    });
  }

  #finishCall(
    { parentId, owner }: AgentRun,
    call: ModelCall,
    data: SpanData,
    isWithheld: boolean,
    failure: string | undefined,
  ): void {
    const { request, answer: reported } = modelCallOf(data, isWithheld);
    const answer = completedBy(reported, owner?.answer);
    call.asked(request);
    if (failure === undefined) call.answered(answer);
    else call.failed({ message: failure }, answer);
    const above = this.#runs.open(parentId);
    const parts = (answer.messages ?? []).flatMap((said) => said.parts);
    if (above !== undefined) above.notes.calls = parts.filter(({ type }) => type === 'tool_call');
    // What the agents around it were asked and came to, up to the tool that they are called by.
    for (let at = above; at !== undefined; at = this.#runs.open(at.parentId)) {
      const kind = at.notes.sdkSpan === undefined ? 'AGENT' : kindOf(at.notes.sdkSpan.spanData);
      if (kind === 'TOOL') break;
      if (kind !== 'AGENT') continue;
      const input = at.notes.hasInput === true ? {} : inputAttributes(request);
      at.notes.hasInput = true;
      at.span.setAttributes({ ...input, ...outputAttributes(answer) });
    }
  }

  #finishStep({ parentId, span }: AgentRun, data: SpanData, failure: string | undefined): void {
    span.setAttributes(stepAttributes(data));
    if (data.type === 'handoff') span.raw.updateName(nameOf(data));
    if (data.type === 'function') {
      // The span of a tool doesn't say which call it answers: the first one with its name and arguments.
      const calls = this.#runs.open(parentId)?.notes.calls ?? [];
      const at = calls.findIndex(
        (call) => call['name'] === data['name'] && call['arguments'] === data['input'],
      );
      const [call] = at === -1 ? [] : calls.splice(at, 1);
      span.setAttribute(S.TOOL_CALL_ID, call?.['id']);
    }
    if (failure !== undefined) span.fail({ message: failure });
  }
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
