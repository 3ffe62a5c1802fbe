import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withoutQuotes } from '../../options/option-readers.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import type { Finding } from './finding.js';

/** Variables that name an endpoint, ours first: what a forgotten .env file is searched for. */
const ENDPOINT_VARIABLES =
  /^\s*(?:export\s+)?(CATALYST_OTLP_ENDPOINT|INFERENCE_OTLP_ENDPOINT|OTLP_ENDPOINT|OTEL_EXPORTER_OTLP_(?:TRACES_)?ENDPOINT)\s*=\s*\S/m;
const OURS = /^(?:CATALYST|INFERENCE|OTLP|OTEL|OPENINFERENCE)_/;
const QUOTED = /^\s*(["']).*\1\s*$/s;
const ENV_FILES = ['.env.local', '.env'] as const;
const SILENT_SAMPLERS: ReadonlySet<string> = new Set(['always_off', 'parentbased_always_off']);

export interface SettingsCheckOptions {
  readonly resolved: ResolvedOptions;
  readonly env: NodeJS.ProcessEnv;
  /** What resolving the options said to the user. */
  readonly warnings: readonly string[];
  /** The application's directory. */
  readonly directory: string;
}

/** What stands in the way before anything is sent. */
export function checkSettings(options: SettingsCheckOptions): readonly Finding[] {
  const { resolved, env, warnings } = options;
  const findings: Finding[] = warnings.map((text) => ({
    topic: 'settings',
    code: 'settings.unusable_value',
    level: 'warning',
    text,
    fix: 'Correct the value, or unset it to use the next source.',
  }));
  findings.push(...findQuotes(env));
  if (resolved.disabled) {
    const variable = resolved.sources['disabled']?.[0] ?? 'CATALYST_DISABLED';
    findings.push({
      topic: 'settings',
      code: 'settings.disabled',
      level: 'problem',
      text: `Tracing is switched off by ${variable}: nothing is recorded.`,
      fix: `Unset ${variable}.`,
    });
  } else if (resolved.endpoint === undefined && resolved.exporters.length === 0) {
    findings.push(missingEndpoint(options));
  }
  const sampler = withoutQuotes(env['OTEL_TRACES_SAMPLER'] ?? '').toLowerCase();
  if (resolved.sources['sampler']?.[0] !== 'option' && SILENT_SAMPLERS.has(sampler)) {
    findings.push({
      topic: 'settings',
      code: 'settings.sampled_out',
      level: 'problem',
      text: `OTEL_TRACES_SAMPLER is ${sampler}: no trace is recorded.`,
      fix: 'Unset OTEL_TRACES_SAMPLER, or set it to parentbased_always_on.',
    });
  }
  return findings;
}

/** Docker's `--env-file` and some process managers take quotes for a part of the value. */
function findQuotes(env: NodeJS.ProcessEnv): readonly Finding[] {
  return Object.entries(env)
    .filter(([name, value]) => OURS.test(name) && QUOTED.test(value ?? ''))
    .map(([name]) => ({
      topic: 'settings',
      code: 'settings.quoted_value',
      level: 'warning',
      text: `${name} has quotes around its value, and they are a part of it.`,
      fix: 'Write it without quotes in the file that sets it: docker --env-file, for one, keeps them.',
    }));
}

function missingEndpoint({ directory }: SettingsCheckOptions): Finding {
  for (const name of ENV_FILES) {
    const variable = ENDPOINT_VARIABLES.exec(readIfThere(join(directory, name)))?.[1];
    if (variable === undefined) continue;
    return {
      topic: 'settings',
      code: 'settings.env_file_not_loaded',
      level: 'problem',
      text: `No endpoint is set in the environment, but ${name} sets ${variable}: nothing has loaded that file.`,
      fix: `Load it before setup() runs (node --env-file=${name} …, or dotenv), and pass it to the doctor: catalyst-tracing doctor --env-file ${name}`,
    };
  }
  return {
    topic: 'settings',
    code: 'settings.no_endpoint',
    level: 'problem',
    text: 'No endpoint is set, so spans are not exported.',
    fix: 'Set CATALYST_OTLP_ENDPOINT to the base URL of the collector. If the code passes it to setup(), load that file: catalyst-tracing doctor --import ./your-file.js',
  };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
