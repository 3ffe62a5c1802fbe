import { asText, type JsonRecord } from '../../mapping/read-attributes.js';
import { Runs, type RunStart } from '../runs.js';

/** What is kept of a graph: its nodes that have run, to find which came before another one. */
export interface GraphNotes {
  steps?: { readonly step: number; readonly node: string }[];
}

/** Where every copy of this package finds the runs: LangChain and LangSmith report the same ones. */
const RUNS: unique symbol = Symbol.for('catalyst-tracing.reported-runs');

export function sharedRuns(): Runs<GraphNotes> {
  const known: unknown = Reflect.get(globalThis, RUNS);
  if (isRuns(known)) return known;
  const runs = new Runs<GraphNotes>('catalyst.langchain.run');
  Reflect.set(globalThis, RUNS, runs);
  return runs;
}

function isRuns(value: unknown): value is Runs<GraphNotes> {
  return typeof value === 'object' && value !== null && 'open' in value && 'within' in value;
}

/** Keys that say which conversation a run is part of; `thread_id` is LangGraph's. */
const SESSION_KEYS = ['session_id', 'thread_id', 'conversation_id'] as const;
/** What LangChain and LangSmith say there themselves is on the span under other names, or of the machine. */
const NOT_METADATA =
  /^(?:ls_|lc_|__|LANGCHAIN_|LANGSMITH_|versions$|usage_metadata$|revision_id$)/u;
const NOT_TAGS = /^(?:seq:step:|graph:step:|map:key:|langsmith:)/u;

/** A run with the application's part of the tags and the metadata that are reported with it. */
export function reportedRun(
  run: Pick<RunStart, 'id' | 'parentId' | 'name' | 'startMillis'>,
  tags: readonly unknown[],
  metadata: JsonRecord,
): RunStart {
  const own = Object.entries(metadata).filter(
    ([key, value]) => value !== undefined && !NOT_METADATA.test(key),
  );
  return {
    ...run,
    sessionId: SESSION_KEYS.map((key) => asText(metadata[key])).find((id) => id !== undefined),
    metadata: Object.fromEntries(own),
    tags: tags.filter((tag) => typeof tag === 'string').filter((tag) => !NOT_TAGS.test(tag)),
  };
}
