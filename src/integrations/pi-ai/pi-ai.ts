import { context as contextApi, type Tracer } from '@opentelemetry/api';
import { isRecord } from '../../mapping/read-attributes.js';
import {
  aroundMethod,
  callIn,
  guard,
  moduleParts,
  prototypeAt,
  type Integration,
  type Unpatch,
} from '../integration.js';
import { ownerOf } from '../llm-owner.js';
import { recordIn, recordsIn } from '../messages.js';
import { ModelCall } from '../model-call.js';
import { patchAgent } from './pi-agent.js';
import { piAnswer, piCost, piRequest } from './pi-messages.js';

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
  const unpatches: Unpatch[] = [];
  const unpatch = aroundMethod(collection, 'getProvider', (call, args) => {
    const provider = call(...args);
    if (isRecord(provider)) guard(() => unpatches.push(...patchStreams(provider, tracer)));
    return provider;
  });
  return [unpatch, () => unpatches.splice(0).forEach((each) => each())];
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
  call.span.setAttributes(piCost(message));
  if (answer.finishReason === 'aborted') call.stopped('aborted', answer);
  else if (answer.error !== undefined) call.failed({ message: answer.error }, answer);
  else call.answered(answer);
}
