import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { asPrintable } from '../../diagnostics.js';
import { displayUrl, suggestEndpoint } from '../../options/endpoint.js';
import { withoutQuotes } from '../../options/option-readers.js';
import { DELIVERY_TABLE, OPTION_TABLE } from '../../options/option-table.js';
import { PRIVACY_FLAG_TABLE } from '../../options/privacy-flags.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { finding, type Finding } from './findings.js';
import type { ShownSetting } from './report.js';

/** Variables that name an endpoint, ours first: what a forgotten .env file is searched for. */
const ENDPOINT_VARIABLES =
  /^\s*(?:export\s+)?(CATALYST_OTLP_ENDPOINT|INFERENCE_OTLP_ENDPOINT|OTLP_ENDPOINT|OTEL_EXPORTER_OTLP_(?:TRACES_)?ENDPOINT|LANGFUSE_BASE_URL|PHOENIX_COLLECTOR_ENDPOINT)\s*=\s*\S/m;
const OURS = /^(?:CATALYST|INFERENCE|OTLP|OTEL|OPENINFERENCE)_/;
const QUOTED = /^\s*(["']).*\1\s*$/s;
const PREFIX = 'CATALYST_';
const PLACEHOLDER =
  /^(?:<.*>|\[.*\]|\{.*\}|\.{3}|x{3,}|(?:your|my)[-_ ].*|token|changeme|placeholder|secret)$/i;
const ENV_FILES = ['.env.local', '.env'] as const;

/** What prevents tracing before anything is sent; `warnings` are those of resolving the options. */
export function checkSettings(
  resolved: ResolvedOptions,
  env: NodeJS.ProcessEnv,
  warnings: readonly string[],
  directory: string,
): readonly Finding[] {
  const { sources, endpoint, exporters } = resolved;
  const findings: Finding[] = [
    ...warnings.map((warning) => finding('settings.unusable_value', { warning })),
    ...findQuotes(env),
    ...findUnknownVariables(env),
    ...findPlaceholder(resolved),
  ];
  if (resolved.disabled) {
    const variable = sources['disabled']?.[0] ?? 'CATALYST_DISABLED';
    findings.push(finding('settings.disabled', { variable }));
  } else if (endpoint === undefined && exporters.length === 0) {
    findings.push(missingEndpoint(env, directory));
  }
  const sampler = withoutQuotes(env['OTEL_TRACES_SAMPLER'] ?? '').toLowerCase();
  const isSilent = sampler === 'always_off' || sampler === 'parentbased_always_off';
  if (sources['sampler']?.[0] !== 'option' && isSilent) {
    findings.push(finding('settings.sampled_out', { sampler }));
  }
  return findings;
}

const KNOWN_VARIABLES: readonly string[] = [
  ...Object.values(OPTION_TABLE),
  ...Object.values(DELIVERY_TABLE),
  ...Object.values(PRIVACY_FLAG_TABLE),
]
  .flatMap(({ env }) => env ?? [])
  .filter((name) => name.startsWith(PREFIX));

function findUnknownVariables(env: NodeJS.ProcessEnv): readonly Finding[] {
  return Object.keys(env)
    .filter((name) => name.startsWith(PREFIX) && !KNOWN_VARIABLES.includes(name))
    .map((name) => {
      const [nearest = ''] = KNOWN_VARIABLES.toSorted(
        (a, b) => distance(name, a) - distance(name, b),
      );
      const isTypo = distance(name, nearest) <= 6;
      const fix = isTypo ? `Did you mean ${nearest}?` : 'Remove it, or correct its name.';
      return finding('settings.unknown_variable', { name: asPrintable(name, 60), fix });
    });
}

/** Edits that make one text of another (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [i, from] of a.split('').entries()) {
    const next = [i + 1];
    for (const [j, to] of b.split('').entries()) {
      const replaced = (row[j] ?? 0) + (from === to ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

function findPlaceholder({ headers, sources }: ResolvedOptions): readonly Finding[] {
  const token = headers['authorization']?.replace(/^\w+\s+/, '') ?? '';
  if (!PLACEHOLDER.test(token)) return [];
  const [source = 'option'] = sources['authorization'] ?? [];
  const facts = { source: source === 'option' ? 'the option' : source };
  return [finding('settings.placeholder_token', facts)];
}

/** Docker's `--env-file` and some process managers treat quotes as a part of the value. */
function findQuotes(env: NodeJS.ProcessEnv): readonly Finding[] {
  return Object.entries(env)
    .filter(([name, value]) => OURS.test(name) && QUOTED.test(value ?? ''))
    .map(([name]) => finding('settings.quoted_value', { name }));
}

function missingEndpoint(env: NodeJS.ProcessEnv, directory: string): Finding {
  for (const file of ENV_FILES) {
    const variable = ENDPOINT_VARIABLES.exec(readIfThere(join(directory, file)))?.[1];
    if (variable !== undefined) return finding('settings.env_file_not_loaded', { file, variable });
  }
  return finding('settings.no_endpoint', { suggestion: suggestEndpoint(env) });
}

/** The text of a file; empty where it cannot be read. */
export function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

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
  return `${scheme ?? 'set'} (value not shown)`;
}
