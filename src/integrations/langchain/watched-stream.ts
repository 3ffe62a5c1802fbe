import { context as contextApi } from '@opentelemetry/api';
import { isRecord } from '../../mapping/read-attributes.js';
import { guard } from '../model-call.js';
import { isMethod, type Method } from '../patch-method.js';
import { withClaim, type Claim, type Runs } from './runs.js';

export function stepwise(
  source: AsyncGenerator,
  within: <T>(step: () => T) => T,
): AsyncIterableIterator<unknown> {
  return {
    next: (...values) => within(() => source.next(...values)),
    return: (value) => within(() => source.return(value)),
    throw: (error) => within(() => source.throw(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/**
 * LangChain never reports the end of a run whose reader stopped. `stream()` makes its generator with
 * `_streamIterator`, here of an object that replaces the runnable.
 */
export function watchStream(original: Method, runs: Runs): Method {
  return function (this: unknown, ...args: readonly unknown[]): unknown {
    if (!isRecord(this)) return Reflect.apply(original, this, args);
    const claim: Claim = {};
    const iterate = this['_streamIterator'];
    if (!isMethod(iterate)) return Reflect.apply(original, this, args);
    const watched: unknown = Object.create(this, {
      _streamIterator: {
        value: (...options: readonly unknown[]): unknown => {
          const source = Reflect.apply(iterate, this, options);
          return isGenerator(source) ? abandonable(source, () => abandon(claim, runs)) : source;
        },
      },
    });
    return contextApi.with(withClaim(contextApi.active(), claim), () =>
      Reflect.apply(original, watched, args),
    );
  };
}

function abandon({ runId }: Claim, runs: Runs): void {
  if (runId !== undefined) guard(() => runs.abandon(runId));
}

function abandonable(
  source: AsyncGenerator,
  abandoned: () => void,
): AsyncIterableIterator<unknown> {
  return {
    ...stepwise(source, (step) => step()),
    return: async (value) => {
      try {
        return await source.return(value);
      } finally {
        // After it: the provider's wrapper hands up on the way out what had arrived until then.
        abandoned();
      }
    },
  };
}

export function isGenerator(value: unknown): value is AsyncGenerator {
  return isRecord(value) && ['next', 'return', 'throw'].every((step) => isMethod(value[step]));
}
