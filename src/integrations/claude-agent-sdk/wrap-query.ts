import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { isRecord, recordIn } from '../../mapping/read-attributes.js';
import { processEnvironment } from '../../options/resolve-options.js';
import { aroundMethod, guard, moduleParts, type Integration, type Method } from '../integration.js';
import { isGenerator, isStream, observeIterator } from '../observed-stream.js';
import { startClaudeRun, type StartedRun } from './start-run.js';

/**
 * The SDK as an object whose `query` can be replaced: CommonJS exports, `{ default }`, a copy. An ES
 * module's namespace cannot be changed: its `query` has to be wrapped where it is imported.
 */
export const CLAUDE_AGENT_SDK: Integration = {
  name: 'claudeAgentSdk',
  expected:
    'a copy of `@anthropic-ai/claude-agent-sdk` whose query can be replaced (an ES module cannot be changed): call wrapClaudeAgentSdkQuery(query) from catalyst-tracing instead',
  patch: (module, tracer) =>
    moduleParts(module, ['default'])
      .filter((part) => isWritable(part))
      .map((part) =>
        aroundMethod(part, 'query', (_, args, self, query) =>
          tracedQuery(query, self, args, tracer),
        ),
      ),
};

function isWritable(part: object): boolean {
  const { value, writable } = Object.getOwnPropertyDescriptor(part, 'query') ?? {};
  // A namespace says that it is writable, and isn't.
  const isNamespace = Reflect.get(part, Symbol.toStringTag) === 'Module';
  return typeof value === 'function' && writable === true && !isNamespace;
}

/** Calls `query()` of the Agent SDK inside the span of its run, and reads what it answers. */
export function tracedQuery(
  query: Method,
  self: unknown,
  args: readonly unknown[],
  tracer: Tracer | undefined,
): unknown {
  const plain = (...values: readonly unknown[]): unknown => Reflect.apply(query, self, values);
  const params = recordIn(args[0]);
  const options = recordIn(params['options']);
  const { resume, continue: goesOn } = options;
  const env = isRecord(options['env']) ? options['env'] : processEnvironment();
  const isResumed = typeof resume === 'string' || goesOn === true;
  const run = guard(() => startClaudeRun(tracer, params['prompt'], env, isResumed));
  if (run === undefined) return plain(...args);
  const { span, context } = run.step;
  if (!span.raw.isRecording()) return contextApi.with(context, () => plain(...args));
  // Only they have the exact counts. The application does not see those it has not asked for.
  const observed = { ...params, prompt: observedPrompt(params['prompt'], run) };
  const asked = { ...observed, options: { ...options, includePartialMessages: true } };
  let messages: unknown;
  try {
    // Claude Code is started here, with the `TRACEPARENT` of the active span.
    messages = contextApi.with(context, () => plain(asked, ...args.slice(1)));
  } catch (error) {
    run.fail(error);
    throw error;
  }
  if (isGenerator(messages))
    observeMessages(messages, run, options['includePartialMessages'] === true);
  return messages;
}

/** The messages that the application streams in, seen as Claude Code takes them. */
function observedPrompt(prompt: unknown, run: StartedRun): unknown {
  if (!isStream(prompt)) return prompt;
  return (async function* observed() {
    for await (const message of prompt) {
      await run.see((started) => started.prompted(recordIn(message)['message']));
      yield message;
    }
  })();
}

/** The SDK's own object, with its methods (`interrupt`, `setModel`). */
function observeMessages(messages: AsyncGenerator, run: StartedRun, wantsEvents: boolean): void {
  const finish = (error?: unknown): Promise<void> => run.see((started) => started.finish(error));
  observeIterator(messages, {
    within: (step) => contextApi.with(run.step.context, step),
    item: (message) => run.see((started) => started.see(message)),
    hides: (message) => !wantsEvents && recordIn(message)['type'] === 'stream_event',
    failed: finish,
    ended: () => finish(),
  });
  aroundMethod(messages, 'close', (close, args) => {
    const result = close(...args);
    void finish();
    return result;
  });
  // It would be the iterator behind the SDK's object.
  messages[Symbol.asyncIterator] = () => messages;
}
