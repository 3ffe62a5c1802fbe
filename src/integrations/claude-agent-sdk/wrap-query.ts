import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { guard } from '../model-call.js';
import { isMethod, type Method } from '../patch-method.js';
import { ClaudeRun } from './claude-run.js';
import { countsElsewhere } from './own-tracing.js';

/** Calls `query()` of the Agent SDK inside the span of its run, and reads what it answers. */
export function tracedQuery(
  query: Method,
  self: unknown,
  args: readonly unknown[],
  tracer: Tracer | undefined,
): unknown {
  const plain = (given: readonly unknown[]): unknown => Reflect.apply(query, self, given);
  const params = isRecord(args[0]) ? args[0] : {};
  const options = isRecord(params['options']) ? params['options'] : {};
  const run = guard(() => startRun(params, options, tracer));
  if (run === undefined) return plain(args);
  if (!run.isRecording) return contextApi.with(run.context, () => plain(args));
  // Only they have the exact counts. The application does not see those it has not asked for.
  const observed = { ...params, prompt: observedPrompt(params['prompt'], run) };
  const asked = { ...observed, options: { ...options, includePartialMessages: true } };
  let messages: unknown;
  try {
    // Claude Code is started here, with the `TRACEPARENT` of the active span.
    messages = contextApi.with(run.context, () => plain([asked, ...args.slice(1)]));
  } catch (error) {
    run.finish(error);
    throw error;
  }
  if (!isGenerator(messages)) return messages;
  return observedMessages(messages, run, options['includePartialMessages'] === true);
}

function startRun(params: JsonRecord, options: JsonRecord, tracer: Tracer | undefined): ClaudeRun {
  const { prompt } = params;
  const { resume, continue: goesOn } = options;
  return new ClaudeRun(tracer, {
    around: contextApi.active(),
    prompt: typeof prompt === 'string' ? prompt : undefined,
    countsElsewhere: countsElsewhere(isRecord(options['env']) ? options['env'] : process.env),
    isResumed: typeof resume === 'string' || goesOn === true,
  });
}

/** The messages that the application streams in, seen as Claude Code takes them. */
function observedPrompt(prompt: unknown, run: ClaudeRun): unknown {
  if (!isAsyncIterable(prompt)) return prompt;
  return (async function* observed() {
    for await (const message of prompt) {
      guard(() => run.prompted(isRecord(message) ? message['message'] : undefined));
      yield message;
    }
  })();
}

/** The SDK's own object, with its methods (`interrupt`, `setModel`, `close`). */
function observedMessages(
  messages: AsyncGenerator,
  run: ClaudeRun,
  wantsEvents: boolean,
): AsyncGenerator {
  const steps = {
    next: async (): Promise<IteratorResult<unknown>> => {
      for (;;) {
        let result: IteratorResult<unknown>;
        try {
          result = await contextApi.with(run.context, () => messages.next());
        } catch (error) {
          guard(() => run.finish(error));
          throw error;
        }
        if (result.done === true) guard(() => run.finish());
        else guard(() => run.see(result.value));
        const isEvent = isRecord(result.value) && result.value['type'] === 'stream_event';
        if (result.done === true || wantsEvents || !isEvent) return result;
      }
    },
    return: async (value: unknown): Promise<IteratorResult<unknown>> => {
      try {
        return await messages.return(value);
      } finally {
        guard(() => run.finish());
      }
    },
    throw: async (error: unknown): Promise<IteratorResult<unknown>> => {
      guard(() => run.finish(error));
      return messages.throw(error);
    },
    [Symbol.asyncIterator]: () => proxy,
  };
  const proxy: AsyncGenerator = new Proxy(messages, {
    get(target, key) {
      if (Object.hasOwn(steps, key)) return Reflect.get(steps, key);
      const value: unknown = Reflect.get(target, key, target);
      if (!isMethod(value)) return value;
      // Private fields are the target's own.
      return (...args: readonly unknown[]): unknown => {
        const result = Reflect.apply(value, target, args);
        if (key === 'close') guard(() => run.finish());
        return result;
      };
    },
  });
  return proxy;
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, Symbol.asyncIterator) === 'function'
  );
}

function isGenerator(value: unknown): value is AsyncGenerator {
  return isAsyncIterable(value) && typeof Reflect.get(value, 'next') === 'function';
}
