import {
  OpenInferenceSpanKind as Kind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import {
  context as contextApi,
  createContextKey,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import { asText } from '../../mapping/read-attributes.js';
import { abandonStep, isInSession, startStep } from '../agent-steps.js';
import { markOwner } from '../llm-owner.js';
import { guard } from '../model-call.js';
import { closeAtShutdown } from '../open-spans.js';
import {
  failureOf,
  failureText,
  writeCall,
  writeStep,
  type Run,
  type SdkSpan,
  type SdkStore,
  type SdkTrace,
} from './run.js';
import { kindOf, modelCallOf, nameOf } from './span-data.js';

/** Id of the run that a context is of; the application's own spans inside it carry it on. */
const RUN_KEY = createContextKey('catalyst.openai-agents.run');
const SUPPRESSED_ID = 'no-op';

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
      kind: Kind.AGENT,
      around,
      identity: {
        ...(groupId !== null && !isInSession(around) && { sessionId: groupId }),
        ...(hasMetadata && { metadata }),
      },
    });
    this.#workflows.set(traceId, {
      id: traceId,
      step,
      context: step.context.setValue(RUN_KEY, traceId),
      kind: Kind.AGENT,
      parent: undefined,
      sdkSpan: undefined,
      forget: closeAtShutdown(step.span, () => {
        this.#workflows.delete(traceId);
        abandonStep(step);
      }),
    });
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
    const { spanData: data, spanId } = span;
    const kind = kindOf(data);
    if (data.type === 'task') {
      const context = around.setValue(RUN_KEY, spanId);
      return {
        id: spanId,
        step: undefined,
        context,
        kind,
        parent,
        sdkSpan: span,
        forget: () => {},
      };
    }
    const name = asText(data['name']);
    const isAgent = data.type === 'agent' && name !== undefined;
    const { handoff } = workflow;
    const step = startStep(this.#tracer, {
      name: nameOf(data),
      kind,
      around,
      ...(isAgent && { identity: { agent: { id: undefined, name, role: undefined } } }),
      attributes: {
        ...(isAgent && { [S.GRAPH_NODE_ID]: name }),
        ...(isAgent && handoff?.to === name && { [S.GRAPH_NODE_PARENT_ID]: asText(handoff?.from) }),
      },
    });
    const run: Run = {
      id: spanId,
      step,
      context: step.context.setValue(RUN_KEY, spanId),
      kind,
      parent,
      sdkSpan: span,
      forget: closeAtShutdown(step.span, () => {
        this.#runs.delete(spanId);
        abandonStep(step);
      }),
    };
    if (kind === Kind.LLM) {
      markOwner(step.span.raw, {
        receive: (answer) => {
          run.handed = answer;
        },
      });
    }
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
      if (run.kind === Kind.LLM) writeCall(run, step, modelCallOf(data, isWithheld));
      else writeStep(run, step, data);
      if (data.type === 'handoff' && workflow !== undefined) {
        workflow.handoff = { from: data['from_agent'], to: data['to_agent'] };
      }
    });
    if (failure !== undefined) step.span.fail({ message: failure });
    step.span.end();
  }
}
