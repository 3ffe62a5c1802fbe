import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import {
  context as contextApi,
  createContextKey,
  type Attributes,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import type { JsonRecord } from '../mapping/read-attributes.js';
import type { SpanKindValue } from '../semconv/attribute-keys.js';
import type { Identity } from '../session/identity.js';
import type { OpenSpan } from '../spans/span-handle.js';
import { sumOfUsage, type CallAnswer, type CallRequest } from './call-attributes.js';
import { guard } from './integration.js';
import { withoutOwner, withOwner, type LlmOwner } from './llm-owner.js';
import { ModelCall } from './model-call.js';
import { closeAtShutdown } from './open-spans.js';
import { abandonStep, isInSession, setMetadata, startStep } from './step.js';

/** A run as it begins: an id of the SDK's own, and what its span is to say. */
export interface RunStart {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  /** Which conversation it is part of: of the outermost run, where nobody around it has said. */
  readonly sessionId?: string | undefined;
  readonly agentName?: string | undefined;
  /** Metadata of this span, and of all below it too. */
  readonly metadata?: JsonRecord | undefined;
  readonly inherited?: JsonRecord | undefined;
  readonly tags?: readonly string[];
  readonly startMillis?: number | undefined;
}

export interface Run<Notes extends object> {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly span: OpenSpan;
  /** Of its code, and of the runs below it. */
  readonly context: Context;
  /** Who made its span, and ends it. */
  readonly by: RunSpans<Notes>;
  readonly call?: ModelCall;
  /** Of a model call: who is handed what the provider answered. */
  readonly owner?: ModelOwner | undefined;
  /** What its SDK's integration keeps of it. */
  readonly notes: Notes;
}

/** The first run that begins in a call of `stream()`, which is the one that the stream reads. */
export interface Claim {
  runId?: string;
}

/** Bounds what is kept of ids that LangSmith may still hear of. */
const MAX_ENDED = 4096;

export const CLAIM_KEY: symbol = createContextKey('catalyst.langchain.claim');

/**
 * The open runs of an SDK that reports them by ids and never makes a span active: the parent of a
 * span is found by its run's, and user code runs in the context that is kept here.
 */
export class Runs<Notes extends object> {
  readonly #key: symbol;
  readonly #open = new Map<string, Run<Notes> & { readonly forget: () => void }>();
  readonly #ended = new Set<string>();

  /** `name`: of the key that says in a context whose code runs there. */
  constructor(name: string) {
    this.#key = createContextKey(name);
  }

  /** Whether a run is known, or was: LangChain reports its runs to LangSmith as well, and later. */
  has(id: string): boolean {
    return this.#open.has(id) || this.#ended.has(id);
  }

  open(id: unknown): Run<Notes> | undefined {
    return typeof id === 'string' ? this.#open.get(id) : undefined;
  }

  /** Whether this is the context of a run's code, or of a span that the application opened in it. */
  isIn(id: unknown, context: Context = contextApi.active()): boolean {
    return context.getValue(this.#key) === id;
  }

  /** The context in which a run with this parent begins. */
  around(parentId: string | undefined): Context {
    const parent = this.open(parentId);
    return parent === undefined || this.isIn(parentId) ? contextApi.active() : parent.context;
  }

  begin(run: Omit<Run<Notes>, 'context'>): void {
    const { id, span } = run;
    const context = span.activate(() => contextApi.active()).setValue(this.#key, id);
    const forget = closeAtShutdown(span, () => this.abandon(id));
    this.#open.set(id, { ...run, context, forget });
    const claim = contextApi.active().getValue(CLAIM_KEY);
    if (isClaim(claim)) claim.runId ??= id;
  }

  /** `isLate`: runs below it may be reported still, within this tick. */
  end(id: string, isLate = false): void {
    this.#open.get(id)?.forget();
    if (isLate) setImmediate(() => this.#open.delete(id)).unref();
    else this.#open.delete(id);
    this.#ended.add(id);
    const [oldest] = this.#ended;
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  /**
   * Ends a run and what is still open below it, of which no end is reported: its reader stopped
   * reading. A run that has ended is left alone.
   */
  abandon(id: string): void {
    for (const run of this.below(id)) {
      if (run.call === undefined) abandonStep(run);
      else run.call.stopped('abandoned', run.owner?.answer);
      this.end(run.id);
    }
  }

  /** A run that is open and those below it, the innermost first: runs begin after their parents. */
  below(id: string): readonly Run<Notes>[] {
    if (!this.#open.has(id)) return [];
    return [...this.#open.values()].toReversed().filter((run) => this.#isWithin(run.id, id));
  }

  #isWithin(id: string, outer: string): boolean {
    let at: string | undefined = id;
    while (at !== undefined && at !== outer) at = this.#open.get(at)?.parentId;
    return at !== undefined;
  }

  /** Calls the code of a run with its span active; any other code as it is. */
  within<T>(id: unknown, code: () => T): T {
    const run = this.open(id);
    return run === undefined || this.isIn(id) ? code() : contextApi.with(run.context, code);
  }
}

function isClaim(value: unknown): value is Claim {
  return typeof value === 'object' && value !== null;
}

/**
 * Counts what one call of a chat model asks providers for. Its spans are the runs that the framework
 * reports from within; what the providers answered is handed up to them, because LangChain's own
 * numbers are not the bill (`ChatAnthropic.stream` adds the placeholder of `message_start`, 41 for 40
 * tokens, and drops what was written to the cache).
 */
export class ModelOwner implements LlmOwner {
  readonly #runIds = new Set<unknown>();
  readonly #answers: CallAnswer[] = [];

  readonly receive = (answer: CallAnswer): void => {
    this.#answers.push(answer);
  };

  attach(runId: unknown): void {
    if (typeof runId === 'string') this.#runIds.add(runId);
  }

  /** What providers answered; `undefined` where nobody saw it, or nobody knows to which run. */
  get answer(): CallAnswer | undefined {
    const last = this.#answers.at(-1);
    if (last === undefined || this.#runIds.size > 1) return undefined;
    const reports = this.#answers.flatMap(({ usage }) => usage ?? []);
    return { ...last, usage: reports.length === 0 ? undefined : reports.reduce(sumOfUsage) };
  }

  within<T>(fn: () => T, around: Context = contextApi.active()): T {
    return contextApi.with(withOwner(around, this), fn);
  }
}

/** The spans that one integration makes of runs, each below its parent run. */
export class RunSpans<Notes extends object> {
  readonly runs: Runs<Notes>;
  readonly #tracer: Tracer;

  constructor(tracer: Tracer, runs: Runs<Notes>) {
    this.#tracer = tracer;
    this.runs = runs;
  }

  /** `request`: `undefined` where the SDK says only at the end what was asked. */
  startCall(
    run: RunStart,
    request: CallRequest | undefined,
    owner: ModelOwner | undefined,
    notes: Notes,
  ): ModelCall {
    const { id, parentId, name, metadata = {} } = run;
    const around = this.runs.around(parentId);
    const identity = this.#identityOf(run, around);
    const call = new ModelCall(this.#tracer, name, request, around, { owner, identity });
    call.span.setAttributes(tagAttributes(run));
    call.addMetadata(metadata);
    owner?.attach(id);
    this.runs.begin({ id, span: call.span, parentId, by: this, call, owner, notes });
    return call;
  }

  start(run: RunStart, kind: SpanKindValue, attributes: Attributes, notes: Notes): OpenSpan {
    const { id, parentId, metadata = {} } = run;
    // A model that a tool or a chain asks is no part of the call that it may run in.
    const around = withoutOwner(this.runs.around(parentId));
    const identity = this.#identityOf(run, around);
    const { span } = startStep(this.#tracer, { ...run, kind, around, attributes, identity });
    setMetadata(span, around, metadata);
    span.setAttributes(tagAttributes(run));
    this.runs.begin({ id, span, parentId, by: this, notes });
    return span;
  }

  /** Ends a run whose span was made here. */
  end(id: unknown, conclude: (run: Run<Notes>) => void, isLate = false): void {
    const run = this.runs.open(id);
    if (run?.by !== this) return;
    this.runs.end(run.id, isLate);
    guard(() => conclude(run));
    if (run.call === undefined) run.span.end();
  }

  /** What the application knows better, or LiveKit, stays. */
  #identityOf(
    { parentId, sessionId, inherited: metadata }: RunStart,
    around: Context,
  ): Partial<Identity> {
    const isOutermost = this.runs.open(parentId) === undefined;
    return { sessionId: isOutermost && !isInSession(around) ? sessionId : undefined, metadata };
  }
}

function tagAttributes({ tags = [] }: RunStart): Readonly<Record<string, unknown>> {
  return tags.length === 0 ? {} : { [S.TAG_TAGS]: tags };
}
