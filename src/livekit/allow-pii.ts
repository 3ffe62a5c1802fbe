import type { ResolvedOptions } from '../options/resolve-options.js';

/**
 * What LiveKit is told of personal data. Nothing where nobody said anything: what it is told wins
 * over its own variable, and its default may change.
 */
export function saidAllowPii({
  sources,
  privacy,
}: Pick<ResolvedOptions, 'sources' | 'privacy'>): boolean | undefined {
  const source = sources['privacy.allowPii']?.[0] ?? 'default';
  return source === 'default' ? undefined : privacy.flags.allowPii;
}
