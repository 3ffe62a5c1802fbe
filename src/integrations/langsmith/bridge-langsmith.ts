import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { trace, type Tracer } from '@opentelemetry/api';
import { asText, isRecord, recordIn, type JsonRecord } from '../../mapping/read-attributes.js';
import {
  aroundMethod,
  guard,
  isMethod,
  moduleParts,
  prototypeAt,
  type Integration,
  type Unpatch,
} from '../integration.js';
import { completedBy } from '../call-attributes.js';
import { documentAttributes, plainValue } from '../langchain/messages.js';
import { reportedRun, sharedRuns, type GraphNotes } from '../langchain/runs.js';
import { listIn } from '../messages.js';
import { ModelOwner, RunSpans, type RunStart } from '../runs.js';
import { answerOfRun, errorOfRun, kindOfRun, requestOfRun } from './native-spans.js';

/** Where all copies of LangChain and LangSmith find the storage of the current run. */
const STORAGE: unique symbol = Symbol.for('ls:tracing_async_local_storage');
/** What `initializeOTEL()` leaves: LangSmith then makes spans of its runs by itself. */
const OTEL_TRACE: unique symbol = Symbol.for('ls:otel_trace');
const NATIVE_SCOPE = 'langsmith';

/**
 * Makes spans of the runs that LangSmith gets; LangSmith posts them as always. Not through
 * its OpenTelemetry mode, which loses streams without an active span, and ends whatever span is
 * active when LangChain runs (`experimental/otel/translator`, 0.12).
 */
export const LANGSMITH: Integration = {
  name: 'langsmith',
  expected: 'the `langsmith` package: pass its namespace',
  patch(module, tracer) {
    const client = moduleParts(module, ['default'])
      .map((part) => prototypeAt(part, ['Client'], 'createRun'))
      .find((prototype) => prototype !== undefined);
    return client === undefined ? [] : patchClient(client, new Bridge(tracer));
  },
};

function patchClient(client: object, bridge: Bridge): readonly Unpatch[] {
  bridge.bindStorage();
  return [
    aroundMethod(client, 'createRun', (call, args, self) => {
      guard(() => {
        bridge.bindStorage();
        if (!isNative(self)) bridge.created(args[0]);
      });
      return call(...args);
    }),
    aroundMethod(client, 'updateRun', (call, args) => {
      guard(() => bridge.updated(args[0], args[1]));
      return call(...args);
    }),
    // The span that is active may be anybody's: it is LangSmith's to write on and end if it made it.
    aroundMethod(client, '_cloneCurrentOTELContext', (call, args) => {
      const cloned = call(...args);
      return guard(() => isOwnSpan()) === false ? undefined : cloned;
    }),
    () => bridge.release(),
  ];
}

class Bridge {
  readonly #runs = sharedRuns();
  readonly #spans: RunSpans<GraphNotes>;
  #unbind: Unpatch | undefined;

  constructor(tracer: Tracer) {
    this.#spans = new RunSpans(tracer, this.#runs);
  }

  /** The storage is made when `langsmith/traceable` is loaded, which may be later than this. */
  bindStorage(): void {
    const storage: unknown = Reflect.get(globalThis, STORAGE);
    if (this.#unbind !== undefined || !isRecord(storage)) return;
    this.#unbind = aroundMethod(storage, 'run', (run, [store, code, ...rest]) => {
      if (!isMethod(code)) return run(store, code, ...rest);
      const bound = (...args: readonly unknown[]): unknown =>
        this.#within(store, () => code(...args));
      return run(store, bound, ...rest);
    });
  }

  release(): void {
    this.#unbind?.();
    this.#unbind = undefined;
  }

  /** A run's own code. It may begin before LangSmith's client hears of the run. */
  #within(store: unknown, code: () => unknown): unknown {
    const id = isRecord(store) ? asText(store['id']) : undefined;
    if (id === undefined || !isRecord(store)) return code();
    guard(() => {
      const isTraceable =
        store['tracingEnabled'] !== false && typeof store['run_type'] === 'string';
      if (isTraceable && !isNative(store['client'])) this.created(store);
    });
    const run = this.#runs.open(id);
    const owner = run?.by === this.#spans ? run.owner : undefined;
    return this.#runs.within(id, () => (owner === undefined ? code() : owner.within(code)));
  }

  created(run: unknown): void {
    const id = isRecord(run) ? asText(run['id']) : undefined;
    // LangChain reports its runs to both.
    if (!isRecord(run) || id === undefined || this.#runs.has(id)) return;
    const start = runStart(id, run);
    const inputs = recordIn(run['inputs']);
    const input = plainValue(inputs);
    const kind = kindOfRun(run['run_type']);
    if (kind === 'LLM') {
      const request = requestOfRun(inputs, metadataIn(run));
      const call = this.#spans.startCall(start, request, new ModelOwner(), {});
      if (!('messages' in inputs) && !('input' in inputs))
        call.span.setAttribute(S.INPUT_VALUE, input);
    } else {
      const isTool = kind === 'TOOL';
      const attributes = isTool ? { [S.TOOL_NAME]: start.name } : {};
      const span = this.#spans.start(start, kind, attributes, {});
      span.setInput(input);
      if (isTool) span.setAttribute(S.TOOL_PARAMETERS, input);
    }
    if (run['end_time'] !== undefined) this.updated(id, run);
  }

  updated(id: unknown, run: unknown): void {
    if (!isRecord(run) || run['end_time'] === undefined) return;
    const outputs = recordIn(run['outputs']);
    const error = asText(run['error']);
    this.#spans.end(id, ({ span, call, owner }) => {
      if (call !== undefined) {
        if (error !== undefined) call.failed(errorOfRun(error), owner?.answer);
        else call.answered(completedBy(answerOfRun(outputs, metadataIn(run)), owner?.answer));
        return;
      }
      if (run['run_type'] === 'retriever') {
        span.setAttributes(documentAttributes(outputs['documents'] ?? outputs['outputs']));
      } else if (Object.keys(outputs).length > 0) span.setOutput(plainValue(outputs));
      span.setAttribute(S.TOOL_CALL_ID, outputs['tool_call_id']);
      if (error !== undefined) span.fail(errorOfRun(error));
    });
  }
}

function runStart(id: string, run: JsonRecord): RunStart {
  const { start_time: startTime, parent_run: parent } = run;
  const startMillis = typeof startTime === 'number' ? startTime : Date.parse(String(startTime));
  const start = {
    id,
    parentId: asText(run['parent_run_id']) ?? asText(recordIn(parent)['id']),
    name: asText(run['name']) ?? 'run',
    startMillis: Number.isFinite(startMillis) ? startMillis : undefined,
  };
  return reportedRun(start, listIn(run['tags']), metadataIn(run));
}

function metadataIn({ extra }: JsonRecord): JsonRecord {
  return recordIn(recordIn(extra)['metadata']);
}

/** Whether LangSmith makes spans of this client's runs itself. */
function isNative(client: unknown): boolean {
  if (Reflect.get(globalThis, OTEL_TRACE) === undefined) return false;
  return isRecord(client) && client['tracingMode'] === 'otel';
}

/** Whether the active span is one that LangSmith made. */
function isOwnSpan(): boolean | undefined {
  const span: unknown = trace.getActiveSpan();
  const scope = isRecord(span) ? span['instrumentationScope'] : undefined;
  return isRecord(scope) ? scope['name'] === NATIVE_SCOPE : undefined;
}
