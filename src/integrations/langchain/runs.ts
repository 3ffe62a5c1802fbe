import { context as contextApi, createContextKey, type Context } from '@opentelemetry/api';
import { isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import type { OpenSpan } from '../../spans/span-handle.js';
import { closeAtShutdown } from '../open-spans.js';

/** A run of LangChain's or LangSmith's that has begun, as far as its span is concerned. */
export interface Run {
  readonly span: OpenSpan;
  readonly parentId: string | undefined;
  /** Calls a function with the span of the run active. */
  activate<T>(fn: () => T): T;
  /** Ends the span of a run whose end is never reported: its reader stopped reading. */
  readonly abandon: () => void;
}

/** The first run that begins in a call of `stream()`, which is the one that the stream reads. */
export interface Claim {
  runId?: string;
}

/** Bounds what is kept of ids that LangSmith may still hear of. */
const MAX_ENDED = 4096;

const RUN_KEY = createContextKey('catalyst.langchain.run');
const CLAIM_KEY = createContextKey('catalyst.langchain.claim');
const TOOL_KEY = createContextKey('catalyst.langchain.tool');

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

  isOpen(id: string | undefined): boolean {
    return id !== undefined && this.#open.has(id);
  }

  /**
   * The context in which a run with this parent begins. The active one where it belongs to the
   * parent: a span that the application opened in the parent's code lies between the two.
   */
  around(parentId: string | undefined): Context {
    const active = contextApi.active();
    const parent = parentId === undefined ? undefined : this.#open.get(parentId);
    if (parent === undefined || active.getValue(RUN_KEY) === parentId) return active;
    return parent.activate(() => contextApi.active());
  }

  begin(id: string, run: Run): void {
    this.#open.set(id, { ...run, forget: closeAtShutdown(run.span, () => this.abandon(id)) });
    const claim = contextApi.active().getValue(CLAIM_KEY);
    if (isClaim(claim)) claim.runId ??= id;
  }

  end(id: string): void {
    const run = this.#open.get(id);
    if (run === undefined) return;
    this.#open.delete(id);
    run.forget();
    this.#ended.add(id);
    if (this.#ended.size <= MAX_ENDED) return;
    const [oldest] = this.#ended;
    if (oldest !== undefined) this.#ended.delete(oldest);
  }

  /** Ends a run and what is still open below it. A run that has ended is left alone. */
  abandon(id: string): void {
    const run = this.#open.get(id);
    if (run === undefined) return;
    // Runs begin after their parents: the last ones are the innermost.
    const below = [...this.#open].filter(([each]) => this.#isBelow(each, id)).toReversed();
    for (const [each, { abandon }] of [...below, [id, run] as const]) {
      abandon();
      this.end(each);
    }
  }

  #isBelow(id: string, above: string): boolean {
    for (let at = this.#open.get(id)?.parentId; at !== undefined; at = this.#open.get(at)?.parentId)
      if (at === above) return true;
    return false;
  }

  /** Calls the code of a run with its span active; any other code as it is. */
  within<T>(id: unknown, fn: () => T): T {
    const run = typeof id === 'string' ? this.#open.get(id) : undefined;
    if (run === undefined || contextApi.active().getValue(RUN_KEY) === id) return fn();
    return run.activate(() => contextApi.with(contextApi.active().setValue(RUN_KEY, id), fn));
  }
}

/** The one list of runs of this process. */
export function sharedRuns(): Runs {
  const known: unknown = Reflect.get(globalThis, RUNS);
  if (isRuns(known)) return known;
  const runs = new Runs();
  Reflect.set(globalThis, RUNS, runs);
  return runs;
}

/** Context of a call that begins one run, to know which. */
export function withClaim(context: Context, claim: Claim): Context {
  return context.setValue(CLAIM_KEY, claim);
}

/** Context of a call of a tool. Callbacks get its name alone. */
export function withTool(context: Context, tool: unknown): Context {
  return context.setValue(TOOL_KEY, tool);
}

export function activeTool(): JsonRecord | undefined {
  const tool = contextApi.active().getValue(TOOL_KEY);
  return isRecord(tool) ? tool : undefined;
}

function isClaim(value: unknown): value is Claim {
  return typeof value === 'object' && value !== null;
}

function isRuns(value: unknown): value is Runs {
  return typeof value === 'object' && value !== null && 'abandon' in value && 'within' in value;
}
