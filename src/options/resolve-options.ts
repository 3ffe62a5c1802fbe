import { warnOnce } from '../diagnostics.js';
import { resolveAuthorization } from './authorization.js';
import { DELIVERY_TABLE } from './delivery-table.js';
import { takeOptionGroups } from './given-options.js';
import { createHeaders } from './headers.js';
import { hideValues } from './hidden-values.js';
import { createOnceWarn, createTableReader, type Warn } from './option-reports.js';
import type { OptionSource } from './option-row.js';
import { OPTION_TABLE } from './option-table.js';
import { PRIVACY_FLAG_TABLE } from './privacy-flag-table.js';
import { resolveProxySettings } from './proxy-variables.js';
import { readTable } from './read-table.js';
import { createResourceAttributes } from './resource-attributes.js';
import type { ResolvedOptions } from './resolved-options.js';
import type { SetupOptions } from './setup-options.js';

/**
 * Decides every value from options and environment, and remembers where it came from. Reads
 * nothing but its arguments and changes none of them; the result is frozen.
 *
 * Throws `InvalidOptionError` on an option that cannot be used, unless the environment disables
 * tracing: the switch that turns a broken set-up off must not stumble over it. A bad variable goes
 * to `warn`, each variable once.
 */
export function resolveOptions(
  options?: SetupOptions,
  env: NodeJS.ProcessEnv = process.env,
  warn: Warn = warnOnce,
): ResolvedOptions {
  const sources = new Map<string, readonly OptionSource[]>();
  const say = createOnceWarn(warn);
  const { disabled } = readTable(
    { disabled: OPTION_TABLE.disabled },
    {},
    createTableReader({ env, warn: say, badOption: 'throw', sources }),
  );
  const badOption = disabled ? 'warn' : 'throw';
  const reader = createTableReader({ env, warn: say, badOption, sources });

  const given = takeOptionGroups(options, reader);
  const values = readTable(OPTION_TABLE, given.top, reader);
  const delivery = readTable(DELIVERY_TABLE, given.delivery, reader, 'delivery.');
  const flags = readTable(PRIVACY_FLAG_TABLE, given.privacy, reader, 'privacy.');

  const { token, headers, endpoint, ...plain } = values;
  if (endpoint === undefined && values.exporters.length === 0 && !disabled) {
    say(
      'no_endpoint',
      'No endpoint is set, so spans are not exported: set CATALYST_OTLP_ENDPOINT or the option "endpoint".',
    );
  }
  const authorization = resolveAuthorization({
    endpoint,
    endpointSource: strongestSource(sources, 'endpoint'),
    token,
    tokenSource: strongestSource(sources, 'token'),
    headers,
  });
  sources.set('authorization', [authorization?.source ?? 'default']);
  return Object.freeze({
    ...plain,
    endpoint: endpoint?.url,
    headers: createHeaders(headers, authorization?.value),
    proxies: hideValues(resolveProxySettings(env)),
    resourceAttributes: createResourceAttributes(values),
    delivery: Object.freeze(delivery),
    privacy: Object.freeze({
      flags: Object.freeze(flags),
      redaction: Object.freeze({ ...options?.privacy }),
    }),
    sources: Object.freeze(Object.fromEntries(sources)),
  });
}

function strongestSource(
  sources: ReadonlyMap<string, readonly OptionSource[]>,
  option: string,
): OptionSource {
  return sources.get(option)?.[0] ?? 'default';
}
