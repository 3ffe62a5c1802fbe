import { LLMSystem } from '@arizeai/openinference-semantic-conventions';
import { context as contextApi, type Attributes, type Tracer } from '@opentelemetry/api';
import { mapProvider } from '../../mapping/providers.js';
import { asFiniteNumber, asText, isRecord, recordIn } from '../../mapping/read-attributes.js';
import { AgentRun, toolFailure } from '../agent-run.js';
import { startStep } from '../step.js';
import { sideBySide, type CallAnswer, type CallRequest } from '../call-attributes.js';
import {
  aroundMethod,
  callIn,
  guard,
  isMethod,
  moduleParts,
  prototypeAt,
  seeEnd,
  undoAll,
  type Integration,
  type Unpatch,
} from '../integration.js';
import { ownerOf } from '../llm-owner.js';
import { contentParts, listIn, readMessage, readMessages, recordsIn } from '../messages.js';
import { ModelCall } from '../model-call.js';

const METHODS = ['stream', 'streamSimple'];

/**
 * `@mariozechner/pi-ai`, `@earendil-works/pi-ai` and their `pi-agent-core`. Before 1.0 all calls go
 * through a registry of providers, whose entries are patched; one that is registered later is
 * patched when the module is passed again. From 1.0 on they go through collections of models, which
 * share a class; `pi-ai/compat` asks its collection for a provider, and calls that.
 */
export const PI_AI: Integration = {
  name: 'piAi',
  expected:
    'PI AI: pass the namespace of `@mariozechner/pi-ai`, `@earendil-works/pi-ai` or `pi-agent-core`, or a collection of models',
  patch: (module, tracer) =>
    moduleParts(module, ['default']).flatMap((part) => {
      const providers = recordsIn(callIn(part, 'getApiProviders'));
      const models = 'setProvider' in part ? part : callIn(part, 'createModels');
      const collections: object[] = isRecord(models) ? [Object.getPrototypeOf(models)] : [];
      return [
        ...[...providers, ...collections].flatMap((target) => patchStreams(target, tracer)),
        ...collections.flatMap((collection) => patchBuiltins(collection, tracer)),
        ...patchAgent(prototypeAt(part, ['Agent'], 'subscribe'), tracer),
      ];
    }),
};

function patchStreams(target: object, tracer: Tracer): readonly Unpatch[] {
  return METHODS.map((method) =>
    aroundMethod(target, method, (call, args) => tracedStream(() => call(...args), args, tracer)),
  );
}

function patchBuiltins(collection: object, tracer: Tracer): readonly Unpatch[] {
  const unpatches = new Set<Unpatch>();
  const unpatch = aroundMethod(collection, 'getProvider', (call, args) => {
    const provider = call(...args);
    if (isRecord(provider))
      guard(() => patchStreams(provider, tracer).forEach((each) => unpatches.add(each)));
    return provider;
  });
  return [unpatch, () => undoAll(unpatches)];
}

/** The call is made at once, and goes on until it is answered, whoever reads the stream. */
function tracedStream(stream: () => unknown, args: readonly unknown[], tracer: Tracer): unknown {
  const call = guard(() => startCall(args, tracer));
  if (call === undefined) return stream();
  let events: unknown;
  try {
    events = call.run(stream);
  } catch (error) {
    call.failed(error);
    throw error;
  }
  guard(() => observeResult(events, call));
  return events;
}

function startCall(
  [model, context, options]: readonly unknown[],
  tracer: Tracer,
): ModelCall | undefined {
  const active = contextApi.active();
  if (ownerOf(active) !== undefined) return undefined;
  const request = piRequest(model, context, options);
  const provider = isRecord(model) ? String(model['provider']) : request.system;
  return new ModelCall(tracer, `${provider} ${request.model ?? ''}`, request, active);
}

/** PI's promise does not reject when the call fails: the error is in its message. */
function observeResult(events: unknown, call: ModelCall): void {
  const result = callIn(recordIn(events), 'result');
  if (!(result instanceof Promise)) {
    call.stopped('raw');
    return;
  }
  call.streams(() => undefined);
  result.then(
    (message: unknown) => guard(() => settle(message, call)),
    (error: unknown) => guard(() => call.failed(error)),
  );
}

function settle(message: unknown, call: ModelCall): void {
  const answer = piAnswer(message);
  if (answer.finishReason === 'aborted') call.stopped('aborted', answer);
  else if (answer.error !== undefined) call.failed({ message: answer.error }, answer);
  else call.answered(answer);
}

/** `Agent` of `pi-agent-core`: a run is an AGENT span around its model calls, with its tools. */
function patchAgent(prototype: object | undefined, tracer: Tracer): readonly Unpatch[] {
  if (prototype === undefined) return [];
  return ['prompt', 'continue'].map((method) =>
    aroundMethod(prototype, method, (call, args, agent) => {
      const run = guard(() => new PiRun(tracer, agent, args[0]));
      if (run === undefined) return call(...args);
      return seeEnd(
        contextApi.with(run.context, () => call(...args)),
        () => run.ended(),
        (error) => run.failed(error),
      );
    }),
  );
}

class PiRun extends AgentRun {
  readonly #unsubscribe: unknown;
  #failure: string | undefined;

  constructor(tracer: Tracer, agent: unknown, prompt: unknown) {
    super(tracer, startStep(tracer, { name: 'pi.agent', kind: 'AGENT' }));
    this.joinSession(recordIn(agent)['sessionId']);
    this.span.setInput(prompt);
    const listener = (event: unknown): void => guard(() => this.#see(event));
    this.#unsubscribe = callIn(recordIn(agent), 'subscribe', listener);
  }

  override ended(failure = this.#failure): void {
    super.ended(failure);
  }

  protected override beforeEnd(): void {
    if (isMethod(this.#unsubscribe)) this.#unsubscribe();
  }

  #see(event: unknown): void {
    const { type, toolCallId: id, toolName, args, result, isError, messages } = recordIn(event);
    switch (type) {
      case 'tool_execution_start':
        this.tools.start(this.context, id, toolName, args);
        break;
      case 'tool_execution_end': {
        // What a tool returns to the model; its `details` are for the application.
        const { content } = recordIn(result);
        const output = content === undefined ? result : textOf(content);
        this.tools.end(id, output, toolFailure(isError === true, output));
        break;
      }
      case 'agent_end': {
        const { content, stopReason, errorMessage } = recordsIn(messages).at(-1) ?? {};
        this.span.setOutput(textOf(content));
        if (stopReason === 'aborted') this.span.setOutcome('aborted');
        if (stopReason === 'error') this.#failure = asText(errorMessage) ?? 'error';
        break;
      }
      default:
    }
  }
}

function textOf(content: unknown): string | undefined {
  const texts = recordsIn(content).flatMap(({ type, text }) => (type === 'text' ? [text] : []));
  return texts.length > 0 ? texts.join('\n') : undefined;
}

/** Options of a call that shape the answer. The others are keys, headers and callbacks. */
const PARAMETERS = [
  'temperature',
  'maxTokens',
  'reasoning',
  'reasoningEffort',
  'thinkingBudgets',
  'toolChoice',
  'cacheRetention',
];

/** Of `stream(model, context, options)`, in every generation. */
function piRequest(model: unknown, context: unknown, options: unknown): CallRequest {
  const asked = recordIn(model);
  const { systemPrompt: prompt, messages, tools } = recordIn(context);
  const provider = asText(asked['provider']) ?? 'unknown';
  const api = asText(asked['api']) ?? '';
  const family = api.startsWith('anthropic') ? LLMSystem.ANTHROPIC : undefined;
  const system = family ?? (api.includes('openai') ? LLMSystem.OPENAI : provider);
  // From 1.0 on, a system message may bring the tools.
  const brought = recordsIn(messages).flatMap(({ toolsAdded }) => listIn(toolsAdded));
  return {
    ...(mapProvider(provider) ?? { system, provider }),
    model: asText(asked['id']),
    messages: [
      ...(asText(prompt) === undefined ? [] : [readMessage({ role: 'system', content: prompt })]),
      ...readMessages(messages),
    ],
    tools: [...recordsIn(tools), ...recordsIn(brought)].map(
      ({ name, description, parameters }) => ({
        type: 'function',
        function: { name, description, parameters },
      }),
    ),
    parameters: Object.fromEntries(
      Object.entries(recordIn(options)).filter(
        ([key, value]) => PARAMETERS.includes(key) && value !== undefined,
      ),
    ),
  };
}

/** The message that a stream resolves with: also when the call failed or was aborted. */
function piAnswer(message: unknown): CallAnswer {
  const answer = recordIn(message);
  const finishReason = asText(answer['stopReason']);
  const { usage } = answer;
  const parts = contentParts(answer['content']);
  const hasFailed = finishReason === 'error' || finishReason === 'aborted';
  return {
    id: asText(answer['responseId']),
    model: asText(answer['responseModel']) ?? asText(answer['model']),
    finishReason,
    usage: isRecord(usage) ? sideBySide(usage) : undefined,
    cost: piCost(usage),
    messages: parts.length > 0 ? [{ role: 'assistant', parts }] : [],
    isComplete: finishReason !== undefined && !hasFailed,
    error: finishReason === 'error' ? (asText(answer['errorMessage']) ?? finishReason) : undefined,
  };
}

/** What the call cost in USD, by PI's own list of prices or as the provider says. */
function piCost(usage: unknown): Attributes {
  const cost = recordIn(recordIn(usage)['cost']);
  const dollars = (key: string): number => asFiniteNumber(cost[key]) ?? 0;
  const prompt = dollars('input') + dollars('cacheRead') + dollars('cacheWrite');
  const total = dollars('total');
  if (total === 0) return {};
  return {
    'llm.cost.prompt': prompt,
    'llm.cost.completion': dollars('output'),
    'llm.cost.total': total,
  };
}
