import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { moduleParts, type Integration } from '../integration.js';
import { guard } from '../model-call.js';
import { isMethod, patchMethod, type Unpatch } from '../patch-method.js';
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
  return patchMethod(
    target,
    method,
    (original) =>
      function (this: unknown, ...args: readonly unknown[]): unknown {
        return seen(Reflect.apply(original, this, args), see);
      },
  );
}

function seen(result: unknown, see: (value: JsonRecord) => void): unknown {
  if (!(result instanceof Promise)) return result;
  return result.then((value: unknown) => {
    if (isRecord(value)) guard(() => see(value));
    return value;
  });
}

function patchSend(agent: JsonRecord, tracer: Tracer): void {
  patchMethod(
    agent,
    'send',
    (original) =>
      function (this: unknown, ...args: readonly unknown[]): unknown {
        const send = (): unknown => Reflect.apply(original, this, args);
        const run = guard(() => new CursorRun(tracer, agent['agentId'], args[0]));
        if (run === undefined) return send();
        const sent = contextApi.with(run.context, send);
        if (!(sent instanceof Promise)) return sent;
        return seen(
          sent.catch((error: unknown) => {
            guard(() => run.failed(error));
            throw error;
          }),
          (sdkRun) => follow(sdkRun, run),
        );
      },
  );
}

/** The application streams a run, waits for it, does both, or neither: then its status tells. */
function follow(sdkRun: JsonRecord, run: CursorRun): void {
  let isStreamed = false;
  let result: JsonRecord | undefined;
  const settle = (): void => {
    if (!isStreamed && result !== undefined) run.settle(result);
  };
  patchMethod(
    sdkRun,
    'stream',
    (original) =>
      function (this: unknown, ...args: readonly unknown[]): unknown {
        const messages = Reflect.apply(original, this, args);
        if (!isRecord(messages)) return messages;
        isStreamed = true;
        const ended = (): void => {
          isStreamed = false;
          result ??= isDone(sdkRun['status']) ? sdkRun : undefined;
          settle();
        };
        guard(() => observeMessages(messages, (message) => run.see(message), ended));
        return messages;
      },
  );
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
  patchMethod(
    messages,
    'next',
    (original) =>
      async function (this: unknown, ...args: readonly unknown[]): Promise<unknown> {
        try {
          const step: unknown = await Reflect.apply(original, this, args);
          if (isRecord(step)) guard(() => (step['done'] === true ? ended() : see(step['value'])));
          return step;
        } catch (error) {
          guard(ended);
          throw error;
        }
      },
  );
  patchMethod(
    messages,
    'return',
    (original) =>
      function (this: unknown, ...args: readonly unknown[]): unknown {
        guard(ended);
        return Reflect.apply(original, this, args);
      },
  );
}

function isDone(status: unknown): boolean {
  return status === 'finished' || status === 'error' || status === 'cancelled';
}
