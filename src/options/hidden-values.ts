import { inspect } from 'node:util';

/**
 * Freezes an object whose values are secrets. Printed or serialised as a whole it shows its names
 * and no value, so that a dump of what holds it gives nothing away.
 */
export function hideValues<T extends object>(secrets: T): Readonly<T> {
  const masked = Object.fromEntries(Object.keys(secrets).map((name) => [name, '(not shown)']));
  Object.defineProperty(secrets, 'toJSON', { value: () => masked });
  Object.defineProperty(secrets, inspect.custom, { value: () => masked });
  return Object.freeze(secrets);
}
