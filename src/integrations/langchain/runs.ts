import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import {
  context as contextApi,
  createContextKey,
  type Attributes,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import { asText, type JsonRecord } from '../../mapping/read-attributes.js';
import type { SpanKindValue } from '../../semconv/attribute-keys.js';
import { identityOf, mergeIdentity, withIdentity } from '../../session/identity.js';
import type { OpenSpan } from '../../spans/span-handle.js';
import { abandonStep, isInSession, startStep } from '../agent-run.js';
import { sumOfUsage, type CallAnswer, type CallRequest } from '../call-attributes.js';
import { guard } from '../integration.js';
import { withoutOwner, withOwner, type LlmOwner } from '../llm-owner.js';
import { ModelCall, withMetadataAround } from '../model-call.js';
import { closeAtShutdown } from '../open-spans.js';

/** What LangChain or LangSmith reports of a run as it begins. */
export interface RunStart {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly tags: readonly string[];
  readonly metadata: JsonRecord;
  readonly startMillis?: number | undefined;
  readonly agentName?: string | undefined;
}

interface Run {
  readonly span: OpenSpan;
  readonly parentId: string | undefined;
  /** Who made its span, and ends it. */
  readonly by: RunSpans;
  readonly call?: ModelCall;
  /** Of a model call: who is handed what the provider answered. */
  readonly owner?: ModelOwner | undefined;
}

/** The first run that begins in a call of `stream()`, which is the one that the stream reads. */
export interface Claim {
  runId?: string;
}

/** Bounds what is kept of ids that LangSmith may still hear of. */
const MAX_ENDED = 4096;

const RUN_KEY = createContextKey('catalyst.langchain.run');
export const CLAIM_KEY: symbol = createContextKey('catalyst.langchain.claim');

/** Where every copy of this package finds the runs: LangChain and LangSmith report the same ones. */
const RUNS: unique symbol = Symbol.for('catalyst-tracing.langchain-runs');

/**
 * The runs of this process by LangChain's ids. LangChain never makes a span active, so the parent of
 * a span is found by the run's `parentRunId`, and user code runs in the context that is kept here.
 */
export class Runs {
  readonly #open = new Map<string, Run & { readonly forget: () => void }>();
  readonly #ended = new Set<string>();

  /** Whether a run is known, or was: LangChain reports its runs to LangSmith as well, and later. */
  has(id: string): boolean {
    return this.#open.has(id) || this.#ended.has(id);
  }

  open(id: unknown): Run | undefined {
    return typeof id === 'string' ? this.#open.get(id) : undefined;
  }

  /**
   * The context in which a run with this parent begins. The active one where it belongs to the
   * parent: a span that the application opened in the parent's code lies between the two.
   */
  around(parentId: string | undefined): Context {
    const active = contextApi.active();
    const parent = this.open(parentId);
    if (parent === undefined || active.getValue(RUN_KEY) === parentId) return active;
    return parent.span.activate(() => contextApi.active());
  }

  begin(id: string, run: Run): void {
    this.#open.set(id, { ...run, forget: closeAtShutdown(run.span, () => this.abandon(id)) });
    const claim = contextApi.active().getValue(CLAIM_KEY);
    if (isClaim(claim)) claim.runId ??= id;
  }

  end(id: string): void {
    this.#open.get(id)?.forget();
    this.#open.delete(id);
    this.#ended.add(id);
    const [oldest] = this.#ended;
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) this.#ended.delete(oldest);
  }

  /**
   * Ends a run and what is still open below it, of which no end is reported: its reader stopped
   * reading. A run that has ended is left alone.
   */
  abandon(id: string): void {
    if (!this.#open.has(id)) return;
    // Runs begin after their parents: the last ones are the innermost.
    for (const [each, run] of [...this.#open].toReversed()) {
      if (!this.#isWithin(each, id)) continue;
      if (run.call === undefined) abandonStep(run);
      else run.call.stopped('abandoned', run.owner?.answer);
      this.end(each);
    }
  }

  #isWithin(id: string, outer: string): boolean {
    let at: string | undefined = id;
    while (at !== undefined && at !== outer) at = this.#open.get(at)?.parentId;
    return at !== undefined;
  }

  /** Calls the code of a run with its span active; any other code as it is. */
  within<T>(id: unknown, fn: () => T): T {
    const run = this.open(id);
    if (run === undefined || contextApi.active().getValue(RUN_KEY) === id) return fn();
    return run.span.activate(() => contextApi.with(contextApi.active().setValue(RUN_KEY, id), fn));
  }
}

export function sharedRuns(): Runs {
  const known: unknown = Reflect.get(globalThis, RUNS);
  if (isRuns(known)) return known;
  const runs = new Runs();
  Reflect.set(globalThis, RUNS, runs);
  return runs;
}

function isClaim(value: unknown): value is Claim {
  return typeof value === 'object' && value !== null;
}

function isRuns(value: unknown): value is Runs {
  return typeof value === 'object' && value !== null && 'open' in value && 'within' in value;
}

/**
 * Counts what one call of a chat model asks providers for. Its spans are the runs that LangChain
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

/** Keys that say which conversation a run is part of; `thread_id` is LangGraph's. */
const SESSION_KEYS = ['session_id', 'thread_id', 'conversation_id'] as const;
/** What LangChain and LangSmith say there themselves is on the span under other names, or of the machine. */
const NOT_METADATA =
  /^(?:ls_|lc_|__|LANGCHAIN_|LANGSMITH_|versions$|usage_metadata$|revision_id$)/u;
const NOT_TAGS = /^(?:seq:step:|graph:step:|map:key:|langsmith:)/u;

/** The spans that one integration makes of runs, each below its parent run. */
export class RunSpans {
  readonly runs: Runs;
  readonly #tracer: Tracer;

  constructor(tracer: Tracer, runs: Runs) {
    this.#tracer = tracer;
    this.runs = runs;
  }

  startCall(run: RunStart, request: CallRequest, owner: ModelOwner | undefined): ModelCall {
    const { id, parentId, name } = run;
    const call = new ModelCall(this.#tracer, name, request, this.#around(run));
    call.span.setAttributes(tagAttributes(run));
    call.addMetadata(metadataOf(run));
    owner?.attach(id);
    this.runs.begin(id, { span: call.span, parentId, by: this, call, owner });
    return call;
  }

  start(run: RunStart, kind: SpanKindValue, attributes: Attributes): OpenSpan {
    const { id, parentId, name, startMillis } = run;
    // A model that a tool or a chain asks is no part of the call that it may run in.
    const around = withoutOwner(this.#around(run));
    const { span } = startStep(this.#tracer, { name, kind, around, attributes, startMillis });
    const metadata = metadataOf(run);
    if (Object.keys(metadata).length > 0) {
      span.setAttribute(S.METADATA, withMetadataAround(around, metadata));
    }
    span.setAttributes(tagAttributes(run));
    this.runs.begin(id, { span, parentId, by: this });
    return span;
  }

  /** Ends a run whose span was made here. */
  end(id: unknown, conclude: (run: Run) => void): void {
    const run = this.runs.open(id);
    if (typeof id !== 'string' || run?.by !== this) return;
    this.runs.end(id);
    guard(() => conclude(run));
    if (run.call === undefined) run.span.end();
  }

  /** Where the run's span begins; the outermost run says which conversation it is part of. */
  #around(run: RunStart): Context {
    const around = this.runs.around(run.parentId);
    const isOutermost = this.runs.open(run.parentId) === undefined;
    // What the application knows better, or LiveKit, stays: one trace, one session.
    const sessionId =
      isOutermost && !isInSession(around)
        ? SESSION_KEYS.map((key) => asText(run.metadata[key])).find((id) => id !== undefined)
        : undefined;
    const { agentName: name } = run;
    if (sessionId === undefined && name === undefined) return around;
    const agent = name === undefined ? undefined : { id: undefined, name, role: undefined };
    const own = { sessionId, userId: undefined, agent, metadata: undefined, tags: undefined };
    return withIdentity(around, mergeIdentity(identityOf(around), own));
  }
}

function metadataOf({ metadata }: RunStart): JsonRecord {
  const own = Object.entries(metadata).filter(
    ([key, value]) => value !== undefined && !NOT_METADATA.test(key),
  );
  return Object.fromEntries(own);
}

function tagAttributes({ tags }: RunStart): Readonly<Record<string, unknown>> {
  const own = tags.filter((tag) => !NOT_TAGS.test(tag));
  return own.length === 0 ? {} : { [S.TAG_TAGS]: own };
}
