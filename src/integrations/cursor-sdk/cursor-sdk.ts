import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { asText, isRecord, recordIn, type JsonRecord } from '../../mapping/read-attributes.js';
import { AgentRun, toolFailure } from '../agent-run.js';
import { sideBySide } from '../call-attributes.js';
import {
  aroundMethod,
  callIn,
  guard,
  moduleParts,
  seeEnd,
  type Integration,
  type Unpatch,
} from '../integration.js';
import { recordsIn } from '../messages.js';
import { ModelCall } from '../model-call.js';
import { observeIterator } from '../observed-stream.js';
import { identityBy, startStep } from '../step.js';

/** Agents come from two static methods; their runs are what `send()` resolves with. */
export const CURSOR_SDK: Integration = {
  name: 'cursorSdk',
  expected: '`@cursor/sdk`: pass its namespace or the class `Agent`',
  patch: (module, tracer) =>
    moduleParts(module, ['Agent', 'default'])
      .filter((part) => Object.hasOwn(part, 'create') && Object.hasOwn(part, 'resume'))
      .flatMap((agentClass) =>
        ['create', 'resume'].map((method) =>
          afterCall(agentClass, method, (agent) => patchSend(agent, tracer)),
        ),
      ),
};

/** Sees what a method resolves with, before its caller does. */
function afterCall(target: object, method: string, see: (value: JsonRecord) => void): Unpatch {
  return aroundMethod(target, method, (call, args) =>
    seeEnd(call(...args), (value) => isRecord(value) && see(value)),
  );
}

function patchSend(agent: JsonRecord, tracer: Tracer): void {
  aroundMethod(agent, 'send', (call, args) => {
    const run = guard(() => new CursorRun(tracer, agent['agentId'], args[0]));
    if (run === undefined) return call(...args);
    return seeEnd(
      contextApi.with(run.context, () => call(...args)),
      (sdkRun) => isRecord(sdkRun) && follow(sdkRun, run),
      (error) => run.failed(error),
    );
  });
}

/** The application streams a run, waits for it, does both, or neither: then its status is read. */
function follow(sdkRun: JsonRecord, run: CursorRun): void {
  let isStreamed = false;
  let result: JsonRecord | undefined;
  const settle = (): void => {
    if (!isStreamed && result !== undefined) run.settle(result);
  };
  const ended = (): void => {
    isStreamed = false;
    result ??= isDone(sdkRun['status']) ? sdkRun : undefined;
    guard(settle);
  };
  const item = (message: unknown): void => guard(() => run.see(message));
  aroundMethod(sdkRun, 'stream', (call, args) => {
    const messages = call(...args);
    isStreamed = isRecord(messages);
    if (isRecord(messages)) observeIterator(messages, { item, ended, failed: ended });
    return messages;
  });
  afterCall(sdkRun, 'wait', (value) => {
    result = value;
    settle();
  });
  callIn(sdkRun, 'onDidChangeStatus', (status: unknown) => {
    if (!isDone(status)) return;
    // The run has its result a moment after its status.
    setImmediate(() => {
      result ??= sdkRun;
      guard(settle);
    });
  });
}

function isDone(status: unknown): boolean {
  return status === 'finished' || status === 'error' || status === 'cancelled';
}

/** The spans of one run of a Cursor agent: the run (AGENT), its tools, and what its models used. */
class CursorRun extends AgentRun {
  readonly #startMillis = Date.now();
  #text = '';

  constructor(tracer: Tracer, agentId: unknown, message: unknown) {
    const identity = identityBy(agentId);
    const start = { name: 'cursor.run', kind: 'AGENT', system: 'cursor', identity } as const;
    super(tracer, startStep(tracer, start));
    this.joinSession(agentId);
    this.span.setInput(recordIn(message)['text'] ?? message);
  }

  see(message: unknown): void {
    if (this.isOver) return;
    const { type, status, call_id: id, name, args, result, message: said } = recordIn(message);
    if (type === 'assistant') {
      for (const part of recordsIn(recordIn(said)['content']))
        if (part['type'] === 'text') this.#text += String(part['text']);
    }
    if (type === 'tool_call') {
      this.tools.start(this.context, id, name, args);
      if (status !== 'running') this.tools.end(id, result, toolFailure(status === 'error', result));
    }
  }

  /** What `wait()` resolves with, or what the run says of itself: a run that failed does not reject. */
  settle({ status, result: said, error, usage, model }: JsonRecord): void {
    if (this.isOver) return;
    this.span.setOutput(said ?? (this.#text === '' ? undefined : this.#text));
    // The sum of all turns; a stream reports each.
    if (isRecord(usage)) this.#count(usage, asText(recordIn(model)['id']) ?? asText(model));
    if (status === 'cancelled') this.span.setOutcome('cancelled').setStopReason('cancelled');
    const message = asText(recordIn(error)['message']) ?? asText(error);
    const failure = message ?? asText(said) ?? 'The run failed.';
    this.ended(status === 'error' ? failure : undefined);
  }

  /** The SDK does not report single model calls: one span covers all of the run. */
  #count(usage: JsonRecord, model: string | undefined): void {
    const request = { model, system: 'cursor', provider: 'cursor' };
    const startMillis = this.#startMillis;
    const call = new ModelCall(this.tracer, 'cursor.model', request, this.context, { startMillis });
    // `total` is input, output and both caches (`usage-types.d.ts` of 1.0.32).
    const counts = Object.entries(usage).map(([key, count]) => [
      key.replace(/Tokens$/u, ''),
      count,
    ]);
    call.answered({ usage: sideBySide(Object.fromEntries(counts)), isComplete: false });
  }
}
