import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import type { Attributes, Context, Tracer } from '@opentelemetry/api';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { identityOf, mergeIdentity, withIdentity } from '../../session/identity.js';
import type { OpenSpan } from '../../spans/span-handle.js';
import type { SpanKindValue } from '../../semconv/attribute-keys.js';
import { abandonStep, isInSession, startStep } from '../agent-steps.js';
import { listIn, type CallRequest } from '../call-attributes.js';
import { withoutOwner } from '../llm-owner.js';
import { guard, ModelCall, withMetadataAround } from '../model-call.js';
import type { ModelOwner } from './model-owner.js';
import type { Runs } from './runs.js';

/** What LangChain or LangSmith reports of a run as it begins. */
export interface RunStart {
  readonly id: string;
  readonly parentId: string | undefined;
  readonly name: string;
  readonly tags: readonly string[];
  readonly metadata: JsonRecord;
  readonly startMillis?: number | undefined;
  /** Name of the agent that the run is. */
  readonly agentName?: string | undefined;
}

/** A run that is a model call, and who is handed what the provider answered. */
export interface ModelRun {
  readonly call: ModelCall;
  readonly owner: ModelOwner | undefined;
}

/** Keys that say which conversation a run is part of; `thread_id` is LangGraph's. */
const SESSION_KEYS = ['session_id', 'thread_id', 'conversation_id'] as const;
/** What LangChain and LangSmith say there themselves is on the span under other names, or of the machine. */
const NOT_METADATA =
  /^(?:ls_|lc_|__|LANGCHAIN_|LANGSMITH_|versions$|usage_metadata$|revision_id$)/u;
const NOT_TAGS = /^(?:seq:step:|graph:step:|map:key:|langsmith:)/u;

/** The spans of runs, each below its parent run. */
export class RunSpans {
  readonly runs: Runs;
  readonly #tracer: Tracer;
  readonly #spans = new Map<string, OpenSpan>();
  readonly #calls = new Map<string, ModelRun>();

  constructor(tracer: Tracer, runs: Runs) {
    this.#tracer = tracer;
    this.runs = runs;
  }

  startCall(run: RunStart, request: CallRequest, owner: ModelOwner | undefined): ModelCall {
    const call = new ModelCall(this.#tracer, run.name, request, this.#around(run));
    call.describe(tagAttributes(run), metadataOf(run));
    owner?.attach(run.id);
    this.#calls.set(run.id, { call, owner });
    this.runs.begin(run.id, {
      span: call.span,
      parentId: run.parentId,
      activate: (fn) => call.activate(fn),
      abandon: () => {
        this.#calls.delete(run.id);
        call.stopped('abandoned', owner?.answer);
      },
    });
    return call;
  }

  call(id: string): ModelRun | undefined {
    return this.#calls.get(id);
  }

  endCall(id: unknown, conclude: (run: ModelRun) => void): void {
    const run = typeof id === 'string' ? this.#calls.get(id) : undefined;
    if (typeof id !== 'string' || run === undefined) return;
    this.#calls.delete(id);
    this.runs.end(id);
    guard(() => conclude(run));
  }

  start(run: RunStart, kind: SpanKindValue, attributes: Attributes): OpenSpan {
    const { id, parentId, name, startMillis } = run;
    // A model that a tool or a chain asks is no part of the call that it may run in.
    const around = withoutOwner(this.#around(run));
    const step = startStep(this.#tracer, {
      name,
      kind,
      around,
      attributes,
      startMillis,
    });
    const { span } = step;
    const metadata = metadataOf(run);
    if (Object.keys(metadata).length > 0) {
      span.setAttribute(S.METADATA, withMetadataAround(around, metadata));
    }
    span.setAttributes(tagAttributes(run));
    this.#spans.set(id, span);
    this.runs.begin(id, {
      span,
      parentId,
      activate: (fn) => span.activate(fn),
      abandon: () => {
        this.#spans.delete(id);
        abandonStep(step);
      },
    });
    return span;
  }

  end(id: unknown, conclude: (span: OpenSpan) => void): void {
    const span = typeof id === 'string' ? this.#spans.get(id) : undefined;
    if (typeof id !== 'string' || span === undefined) return;
    this.#spans.delete(id);
    this.runs.end(id);
    guard(() => conclude(span));
    span.end();
  }

  /** Where the run's span begins; the outermost run says which conversation it is part of. */
  #around(run: RunStart): Context {
    const around = this.runs.around(run.parentId);
    const sessionId = this.runs.isOpen(run.parentId) ? undefined : sessionOf(run, around);
    const { agentName: name } = run;
    if (sessionId === undefined && name === undefined) return around;
    const agent = name === undefined ? undefined : { id: undefined, name, role: undefined };
    const own = { sessionId, userId: undefined, agent, metadata: undefined, tags: undefined };
    return withIdentity(around, mergeIdentity(identityOf(around), own));
  }
}

export function runStart(
  serialized: unknown,
  id: unknown,
  parentId: unknown,
  tags: unknown,
  metadata: unknown,
  runName: unknown,
): RunStart {
  const fields = isRecord(serialized) ? serialized : {};
  return {
    id: String(id),
    parentId: asText(parentId),
    name: asText(runName) ?? asText(fields['name']) ?? asText(listIn(fields['id']).at(-1)) ?? 'run',
    tags: listIn(tags).filter((tag) => typeof tag === 'string'),
    metadata: isRecord(metadata) ? metadata : {},
  };
}

/** What the application knows better, or LiveKit, stays: one trace, one session. */
function sessionOf({ metadata }: RunStart, around: Context): string | undefined {
  if (isInSession(around)) return undefined;
  const key = SESSION_KEYS.find((each) => asText(metadata[each]) !== undefined);
  return key === undefined ? undefined : asText(metadata[key]);
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
