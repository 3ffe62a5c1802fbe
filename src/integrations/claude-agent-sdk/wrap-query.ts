import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { isRecord, type JsonRecord } from '../../mapping/read-attributes.js';
import { processEnvironment } from '../../options/resolve-options.js';
import { seeEnd } from '../agent-run.js';
import { guard } from '../model-call.js';
import { aroundMethod, type Method } from '../patch-method.js';
import { ClaudeRun } from './claude-run.js';
import { countsElsewhere } from './claude-usage.js';

/** Calls `query()` of the Agent SDK inside the span of its run, and reads what it answers. */
export function tracedQuery(
  query: Method,
  self: unknown,
  args: readonly unknown[],
  tracer: Tracer | undefined,
): unknown {
  const plain = (values: readonly unknown[]): unknown => Reflect.apply(query, self, values);
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
  if (isGenerator(messages))
    guard(() => observeMessages(messages, run, options['includePartialMessages'] === true));
  return messages;
}

function startRun(params: JsonRecord, options: JsonRecord, tracer: Tracer | undefined): ClaudeRun {
  const { prompt } = params;
  const { resume, continue: goesOn } = options;
  return new ClaudeRun(tracer, {
    around: contextApi.active(),
    prompt: typeof prompt === 'string' ? prompt : undefined,
    countsElsewhere: countsElsewhere(
      isRecord(options['env']) ? options['env'] : processEnvironment(),
    ),
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

/** The SDK's own object, with its methods (`interrupt`, `setModel`): its messages are seen. */
function observeMessages(messages: AsyncGenerator, run: ClaudeRun, wantsEvents: boolean): void {
  const finish = (error?: unknown): void => guard(() => run.finish(error));
  aroundMethod(messages, 'next', async (next) => {
    for (;;) {
      let result: unknown;
      try {
        result = await contextApi.with(run.context, next);
      } catch (error) {
        finish(error);
        throw error;
      }
      const { done, value } = isRecord(result) ? result : {};
      if (done === true) finish();
      else guard(() => run.see(value));
      const isEvent = isRecord(value) && value['type'] === 'stream_event';
      if (done === true || wantsEvents || !isEvent) return result;
    }
  });
  aroundMethod(messages, 'return', (end, args) =>
    seeEnd(
      end(...args),
      () => finish(),
      () => finish(),
    ),
  );
  aroundMethod(messages, 'throw', (fail, args) => {
    finish(args[0]);
    return fail(...args);
  });
  aroundMethod(messages, 'close', (close, args) => {
    const result = close(...args);
    finish();
    return result;
  });
  // It would be the iterator behind the SDK's object.
  messages[Symbol.asyncIterator] = () => messages;
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
