import { types } from 'node:util';

/**
 * Takes note of a promise that was returned where none is awaited: when it is rejected nobody else
 * handles that, and Node would end the process over it and print the error.
 */
export function ignoreRejection(value: unknown): void {
  if (types.isPromise(value)) void Promise.prototype.then.call(value, undefined, () => undefined);
}
