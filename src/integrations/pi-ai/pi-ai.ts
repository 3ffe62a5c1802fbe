import { context as contextApi, trace, type Tracer } from '@opentelemetry/api';
import { isRecord } from '../../mapping/read-attributes.js';
import { moduleParts, prototypeAt, type Integration } from '../integration.js';
import { ownerOf } from '../llm-owner.js';
import { guard, ModelCall } from '../model-call.js';
import { aroundMethod, isMethod, type Method, type Unpatch } from '../patch-method.js';
import { patchAgent } from './pi-agent.js';
import { piAnswer, piCost, piRequest } from './pi-messages.js';

const METHODS = ['stream', 'streamSimple'];

/**
 * `@mariozechner/pi-ai`, `@earendil-works/pi-ai` and their `pi-agent-core`. Before 1.0 all calls go
 * through a registry of providers, whose entries are patched; one that is registered later is
 * patched when the module is passed again. From 1.0 on they go through collections of models, which
 * share a class.
 */
export const PI_AI: Integration = {
  name: 'piAi',
  expected:
    'PI AI: pass the namespace of `@mariozechner/pi-ai`, `@earendil-works/pi-ai` or `pi-agent-core`, or a collection of models',
  patch: (module, tracer) =>
    moduleParts(module, ['default']).flatMap((part) => [
      ...targetsIn(part).flatMap((target) => patchTarget(target, tracer)),
      ...patchBuiltins(part, tracer),
      ...patchAgent(prototypeAt(part, ['Agent'], 'subscribe'), tracer),
    ]),
};

/** The objects of this module that make calls. */
function targetsIn(part: object): readonly object[] {
  const providers = callIn(part, 'getApiProviders');
  return [...(Array.isArray(providers) ? providers : []), collectionClass(part)].filter(isObject);
}

function collectionClass(part: object): unknown {
  const models = 'setProvider' in part ? part : callIn(part, 'createModels');
  return isObject(models) ? Object.getPrototypeOf(models) : undefined;
}

function patchTarget(target: object, tracer: Tracer): readonly Unpatch[] {
  return METHODS.map((method) =>
    aroundMethod(target, method, (call, args) => tracedStream(() => call(...args), args, tracer)),
  );
}

/** `pi-ai/compat` asks its collection for a provider, and calls that. */
function patchBuiltins(part: object, tracer: Tracer): readonly Unpatch[] {
  const target = collectionClass(part);
  if (!isObject(target)) return [];
  const unpatches: Unpatch[] = [];
  const unpatch = aroundMethod(target, 'getProvider', (call, args) => {
    const provider = call(...args);
    if (isObject(provider)) guard(() => unpatches.push(...patchTarget(provider, tracer)));
    return provider;
  });
  return [
    () => {
      unpatch();
      for (const each of unpatches) each();
    },
  ];
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
  const result: unknown = isObject(events) ? callIn(events, 'result') : undefined;
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
  call.activate(() => trace.getActiveSpan()?.setAttributes(piCost(message)));
  if (answer.finishReason === 'aborted') call.stopped('aborted', answer);
  else if (answer.error !== undefined) call.failed({ message: answer.error }, answer);
  else call.answered(answer);
}

function callIn(part: object, name: string): unknown {
  const method: unknown = Reflect.get(part, name);
  return isMethod(method) ? Reflect.apply(method satisfies Method, part, []) : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
