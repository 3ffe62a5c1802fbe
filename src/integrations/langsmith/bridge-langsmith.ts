import {
  OpenInferenceSpanKind as Kind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { trace, type Tracer } from '@opentelemetry/api';
import { asText, isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { listIn } from '../call-attributes.js';
import { documentAttributes } from '../langchain/model-run.js';
import { plainValue } from '../langchain/messages.js';
import { ModelOwner } from '../langchain/model-owner.js';
import { RunSpans, type RunStart } from '../langchain/run-spans.js';
import { sharedRuns } from '../langchain/runs.js';
import { moduleParts, prototypeAt, type Integration } from '../integration.js';
import { guard } from '../model-call.js';
import { patchMethod, aroundMethod, type Unpatch } from '../patch-method.js';
import { answerOfRun, errorOfRun, kindOfRun, requestOfRun } from './run-shapes.js';

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
    const part = moduleParts(module, ['default']).find(
      (each) => prototypeAt(each, ['Client'], 'createRun') !== undefined,
    );
    const client = part && prototypeAt(part, ['Client'], 'createRun');
    return client === undefined ? [] : patchClient(client, new Bridge(tracer));
  },
};

function patchClient(client: object, bridge: Bridge): readonly Unpatch[] {
  bridge.bindStorage();
  return [
    aroundMethod(client, 'createRun', (call, [run], self) => {
      guard(() => {
        bridge.bindStorage();
        if (!isNative(self)) bridge.created(run);
      });
      return call();
    }),
    aroundMethod(client, 'updateRun', (call, [id, run]) => {
      guard(() => bridge.updated(id, run));
      return call();
    }),
    // The span that is active may be anybody's: it is LangSmith's to write on and end if it made it.
    aroundMethod(client, '_cloneCurrentOTELContext', (call) => {
      const cloned = call();
      return guard(() => isOwnSpan()) === false ? undefined : cloned;
    }),
    () => bridge.release(),
  ];
}

class Bridge {
  readonly #runs = sharedRuns();
  readonly #spans: RunSpans;
  #unbind: Unpatch | undefined;

  constructor(tracer: Tracer) {
    this.#spans = new RunSpans(tracer, this.#runs);
  }

  /** The storage is made when `langsmith/traceable` is loaded, which may be later than this. */
  bindStorage(): void {
    const storage: unknown = Reflect.get(globalThis, STORAGE);
    if (this.#unbind !== undefined || !isRecord(storage)) return;
    this.#unbind = patchMethod(storage, 'run', (original) => {
      const within = (store: unknown, code: () => unknown): unknown => this.#within(store, code);
      return function (
        this: unknown,
        store: unknown,
        code: unknown,
        ...rest: readonly unknown[]
      ): unknown {
        if (typeof code !== 'function')
          return Reflect.apply(original, this, [store, code, ...rest]);
        const bound = (...args: readonly unknown[]): unknown =>
          within(store, () => Reflect.apply(code, undefined, args));
        return Reflect.apply(original, this, [store, bound, ...rest]);
      };
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
    const owner = this.#spans.call(id)?.owner;
    const own = owner === undefined ? code : (): unknown => owner.within(code);
    return this.#runs.within(id, own);
  }

  created(run: unknown): void {
    const id = isRecord(run) ? asText(run['id']) : undefined;
    // LangChain reports its runs to both.
    if (!isRecord(run) || id === undefined || this.#runs.has(id)) return;
    const start = runStart(id, run);
    const inputs = isRecord(run['inputs']) ? run['inputs'] : {};
    if (run['run_type'] === 'llm') {
      const call = this.#spans.startCall(
        start,
        requestOfRun(inputs, start.metadata),
        new ModelOwner(),
      );
      if (!('messages' in inputs) && !('input' in inputs))
        call.describe({ [S.INPUT_VALUE]: plainValue(inputs) }, {});
    } else {
      const kind = kindOfRun(run['run_type']);
      const span = this.#spans.start(
        start,
        kind,
        kind === Kind.TOOL ? { [S.TOOL_NAME]: start.name } : {},
      );
      span.setInput(plainValue(inputs));
      if (kind === Kind.TOOL) span.setAttribute(S.TOOL_PARAMETERS, plainValue(inputs));
    }
    if (run['end_time'] !== undefined) this.updated(id, run);
  }

  updated(id: unknown, run: unknown): void {
    if (!isRecord(run) || run['end_time'] === undefined) return;
    const outputs = isRecord(run['outputs']) ? run['outputs'] : {};
    const { error } = run;
    const hasFailed = typeof error === 'string' && error !== '';
    this.#spans.endCall(id, ({ call, owner }) => {
      if (hasFailed) call.failed(errorOfRun(error), owner?.answer);
      else call.answered(answerOfRun(outputs, metadataIn(run), owner?.answer));
    });
    this.#spans.end(id, (span) => {
      if (run['run_type'] === 'retriever') {
        span.setAttributes(documentAttributes(outputs['documents'] ?? outputs['outputs']));
      } else if (Object.keys(outputs).length > 0) span.setOutput(plainValue(outputs));
      span.setAttribute(S.TOOL_CALL_ID, outputs['tool_call_id']);
      if (hasFailed) span.fail(errorOfRun(error));
    });
  }
}

function runStart(id: string, run: JsonRecord): RunStart {
  const { start_time: startTime, parent_run: parent } = run;
  const startMillis = typeof startTime === 'number' ? startTime : Date.parse(String(startTime));
  return {
    id,
    parentId: asText(run['parent_run_id']) ?? (isRecord(parent) ? asText(parent['id']) : undefined),
    name: asText(run['name']) ?? 'run',
    tags: listIn(run['tags']).filter((tag) => typeof tag === 'string'),
    metadata: metadataIn(run),
    ...(Number.isFinite(startMillis) && { startMillis }),
  };
}

function metadataIn({ extra }: JsonRecord): JsonRecord {
  return isRecord(extra) && isRecord(extra['metadata']) ? extra['metadata'] : {};
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
