export type Method = (this: unknown, ...args: readonly unknown[]) => unknown;

/** Puts back what was there. */
export type Unpatch = () => void;

// Every copy of this package marks what it has replaced, so that no call is wrapped twice.
const PATCHED: unique symbol = Symbol.for('catalyst-tracing.patched');

/**
 * Replaces a method. What another library has put on top meanwhile stays when it is undone: our
 * function then passes calls on as they are.
 */
export function patchMethod(
  target: object,
  name: string,
  wrap: (original: Method) => Method,
): Unpatch {
  const original: unknown = Reflect.get(target, name);
  if (!isMethod(original) || Object.hasOwn(original, PATCHED)) return () => {};
  let isOn = true;
  const wrapped = wrap(original);
  const patched = function (this: unknown, ...args: readonly unknown[]): unknown {
    return Reflect.apply(isOn ? wrapped : original, this, args);
  };
  Object.defineProperty(patched, 'name', { value: original.name, configurable: true });
  Object.defineProperty(patched, PATCHED, { value: true });
  if (!Reflect.set(target, name, patched)) return () => {};
  return () => {
    isOn = false;
    if (Reflect.get(target, name) === patched) Reflect.set(target, name, original);
  };
}

/**
 * The same with a function that runs around each call. `call` calls the method as it was called,
 * or with other arguments.
 */
export function aroundMethod(
  target: object,
  name: string,
  around: (
    call: (...args: readonly unknown[]) => unknown,
    args: readonly unknown[],
    self: unknown,
  ) => unknown,
): Unpatch {
  return patchMethod(
    target,
    name,
    (original) =>
      function (this: unknown, ...args: readonly unknown[]): unknown {
        return around((...passed) => Reflect.apply(original, this, passed), args, this);
      },
  );
}

export function isMethod(value: unknown): value is Method {
  return typeof value === 'function';
}
