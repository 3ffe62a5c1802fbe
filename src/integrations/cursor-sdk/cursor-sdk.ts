import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { seeEnd } from '../agent-run.js';
import { moduleParts, type Integration } from '../integration.js';
import { guard } from '../model-call.js';
import { aroundMethod, isMethod, type Unpatch } from '../patch-method.js';
import { CursorRun } from './cursor-run.js';

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
  return aroundMethod(target, method, (call, args) => seeRecord(call(...args), see));
}

function seeRecord(
  result: unknown,
  see: (value: JsonRecord) => void,
  failed: (error: unknown) => void = () => {},
): unknown {
  return seeEnd(result, (value) => isRecord(value) && see(value), failed);
}

function patchSend(agent: JsonRecord, tracer: Tracer): void {
  aroundMethod(agent, 'send', (call, args) => {
    const run = guard(() => new CursorRun(tracer, agent['agentId'], args[0]));
    if (run === undefined) return call(...args);
    const sent = contextApi.with(run.context, () => call(...args));
    return seeRecord(
      sent,
      (sdkRun) => follow(sdkRun, run),
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
  aroundMethod(sdkRun, 'stream', (call, args) => {
    const messages = call(...args);
    if (!isRecord(messages)) return messages;
    isStreamed = true;
    const ended = (): void => {
      isStreamed = false;
      result ??= isDone(sdkRun['status']) ? sdkRun : undefined;
      settle();
    };
    guard(() => observeMessages(messages, (message) => run.see(message), ended));
    return messages;
  });
  afterCall(sdkRun, 'wait', (value) => {
    result = value;
    settle();
  });
  const listen = sdkRun['onDidChangeStatus'];
  const changed = (status: unknown): void => {
    if (!isDone(status)) return;
    // The run has its result a moment after its status.
    setImmediate(() =>
      guard(() => {
        result ??= sdkRun;
        settle();
      }),
    );
  };
  if (isMethod(listen)) Reflect.apply(listen, sdkRun, [changed]);
}

function observeMessages(
  messages: object,
  see: (message: unknown) => void,
  ended: () => void,
): void {
  aroundMethod(messages, 'next', (call, args) =>
    seeRecord(
      call(...args),
      (step) => (step['done'] === true ? ended() : see(step['value'])),
      ended,
    ),
  );
  aroundMethod(messages, 'return', (call, args) => {
    guard(ended);
    return call(...args);
  });
}

function isDone(status: unknown): boolean {
  return status === 'finished' || status === 'error' || status === 'cancelled';
}
