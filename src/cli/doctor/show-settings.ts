import { displayUrl } from '../../options/endpoint.js';
import { PRIVACY_FLAG_TABLE } from '../../options/privacy-flags.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { ShownSetting } from './finding.js';

/** How each setting is shown. A header is its name, an authorization its scheme: never a value. */
const SHOWN: Readonly<Record<string, (resolved: ResolvedOptions) => string | undefined>> = {
  endpoint: ({ endpoint }) => (endpoint === undefined ? 'none' : displayUrl(endpoint)),
  authorization: ({ headers }) => showScheme(headers['authorization']),
  headers: ({ headers }) =>
    Object.keys(headers)
      .filter((name) => name !== 'authorization')
      .join(', ') || undefined,
  serviceName: ({ serviceName }) => serviceName,
  serviceVersion: ({ serviceVersion }) => serviceVersion,
  environment: ({ environment }) => environment,
  protocol: ({ protocol }) => protocol,
  compression: ({ compression }) => compression,
  'delivery.exportTimeoutMillis': ({ delivery }) => `${delivery.exportTimeoutMillis} ms`,
  'delivery.ca': ({ delivery: { ca } }) => ca && (ca.kind === 'file' ? ca.value : 'PEM text'),
  'delivery.spoolDirectory': ({ delivery }) => delivery.spoolDirectory,
};

/** Every setting that matters for delivery, and every privacy switch that somebody set. */
export function showSettings(resolved: ResolvedOptions): readonly ShownSetting[] {
  const shown: ShownSetting[] = [];
  for (const [name, show] of Object.entries(SHOWN)) {
    const value = show(resolved);
    if (value !== undefined) shown.push({ name, value, from: sourceOf(resolved, name) });
  }
  const flags = Object.entries(resolved.privacy.flags);
  for (const [name, value] of flags) {
    const path = `privacy.${name}`;
    const isKnown = Object.hasOwn(PRIVACY_FLAG_TABLE, name);
    const from = sourceOf(resolved, path);
    if (isKnown && from !== 'default') shown.push({ name: path, value: String(value), from });
  }
  return shown;
}

function sourceOf({ sources }: ResolvedOptions, name: string): string {
  return sources[name]?.join(', ') ?? 'default';
}

function showScheme(authorization: string | undefined): string {
  if (authorization === undefined) return 'none';
  const scheme = /^(basic|bearer)\s/i.exec(authorization)?.[1];
  return `${scheme ?? 'given'} (value not shown)`;
}
