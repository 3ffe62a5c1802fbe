import type { NamedPattern } from '../redaction-options.js';

/**
 * A pattern whose regular expressions are made when somebody first looks at them. Made at once, those
 * of all patterns would be 2 ms of every import of the package, also where nothing is redacted.
 */
export function lazyPattern(
  name: string,
  make: () => Required<Omit<NamedPattern, 'name'>>,
): NamedPattern {
  let made: ReturnType<typeof make> | undefined;
  const parts = (): ReturnType<typeof make> => (made ??= make());
  return {
    name,
    get needs() {
      return parts().needs;
    },
    get pattern() {
      return parts().pattern;
    },
    get accepts() {
      return parts().accepts;
    },
  };
}
