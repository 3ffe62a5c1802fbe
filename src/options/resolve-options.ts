import type { Attributes } from '@opentelemetry/api';
import { asPrintable, warnOnce } from '../diagnostics.js';
import { InvalidOptionError } from '../errors.js';
import { isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import type { RedactionOptions } from '../privacy/redaction-options.js';
import { type ProxySettings, resolveProxySettings, suggestEndpoint } from './endpoint.js';
import { createHeaders, hideValues, type OptionSource, resolveAuthorization } from './headers.js';
import { describeType, type OptionRow, type OptionTable, type Reading } from './option-readers.js';
import {
  DELIVERY_TABLE,
  OPTION_TABLE,
  type OptionValues,
  type PlainOptionValues,
  type ResolvedDeliveryOptions,
} from './option-table.js';
import { PRIVACY_FLAG_TABLE, type ResolvedPrivacyFlags } from './privacy-flags.js';
import type { SetupOptions } from './setup-options.js';

/** Options and environment with every value decided. Frozen. */
export interface ResolvedOptions extends PlainOptionValues {
  /** URL that spans are POSTed to; `undefined` when there is none. Has no user info; show it with `displayUrl`. */
  readonly endpoint: string | undefined;
  /** All headers of a request that come from the user, lower-case, `authorization` included. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`; their user info is not shown. */
  readonly proxies: ProxySettings;
  /** The whole resource as configured: `service.*` and `deployment.environment.name` included. */
  readonly resourceAttributes: Attributes;
  readonly delivery: ResolvedDeliveryOptions;
  readonly privacy: ResolvedPrivacyOptions;
  /**
   * Where each value came from, by the option's path (`endpoint`, `delivery.ca`,
   * `privacy.hideInputs`, and `authorization`): the strongest source first, several where values
   * add up.
   */
  readonly sources: Readonly<Record<string, readonly OptionSource[]>>;
}

/** What `privacy` comes to. */
export interface ResolvedPrivacyOptions {
  readonly flags: ResolvedPrivacyFlags;
  /** As written in code; `privacy/` reads it. */
  readonly redaction: RedactionOptions;
}

/** Warns once; `code` names the matter. */
export type Warn = (code: string, text: string) => void;

/** What a child process gets, unless the application says otherwise. */
export function processEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}

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
  const reader = new OptionReader(env, warn);
  const { disabled } = reader.readTable({ disabled: OPTION_TABLE.disabled }, {});
  reader.rejectsBadOptions = !disabled;

  const groups = readGroups(options, reader);
  const values = reader.readTable(OPTION_TABLE, groups.top);
  const delivery = reader.readTable(DELIVERY_TABLE, groups.delivery, 'delivery.');
  const flags = reader.readTable(PRIVACY_FLAG_TABLE, groups.privacy, 'privacy.');

  const { token, headers, endpoint, ...plain } = values;
  const { sources } = reader;
  const strongestSource = (option: string): OptionSource => sources.get(option)?.[0] ?? 'default';
  const authorization = resolveAuthorization({
    endpoint,
    endpointSource: strongestSource('endpoint'),
    token,
    tokenSource: strongestSource('token'),
    headers,
  });
  sources.set('authorization', [authorization?.source ?? 'default']);
  return Object.freeze({
    ...plain,
    endpoint: endpoint?.url,
    headers: createHeaders(headers, authorization?.value, endpoint?.headers),
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

/** Warns that spans go nowhere; called by whoever builds the exporter. */
export function warnWithoutEndpoint(
  resolved: ResolvedOptions,
  env: NodeJS.ProcessEnv = process.env,
): void {
  if (resolved.endpoint !== undefined || resolved.exporters.length > 0 || resolved.disabled) return;
  warnOnce('no_endpoint', `No endpoint is set, so spans are not exported. ${suggestEndpoint(env)}`);
}

/** Reads tables of options, and turns what their readers say into errors and warnings. */
class OptionReader {
  readonly sources = new Map<string, readonly OptionSource[]>();
  rejectsBadOptions = true;
  readonly #env: NodeJS.ProcessEnv;
  readonly #warn: Warn;
  /** Several options read one variable: it warns once. */
  readonly #warned = new Set<string>();

  constructor(env: NodeJS.ProcessEnv, warn: Warn) {
    this.#env = env;
    this.#warn = warn;
  }

  warn(code: string, text: string): void {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    this.#warn(code, text);
  }

  warnOption(option: string, text: string): void {
    this.warn(`option.${option}`, `The option "${option}" ${text}.`);
  }

  /** Throws, or warns and lets the next source be asked. */
  refuseOption(option: string, problem: string): void {
    if (!this.rejectsBadOptions) return this.warnOption(option, problem);
    throw new InvalidOptionError(
      option,
      `The option "${option}" ${problem}. Correct it, or leave it out to use the environment or the default.`,
    );
  }

  /** Reads every row; `prefix` comes before the option's name in messages and sources. */
  readTable<T extends object>(table: OptionTable<T>, options: JsonRecord, prefix = ''): T {
    const values: Partial<T> = {};
    for (const name in table) {
      values[name] = this.#readRow(table[name], `${prefix}${name}`, options[name]);
    }
    if (!isComplete(values, table)) throw new Error('a table lost a row while it was read');
    return values;
  }

  #readRow<T>(row: OptionRow<T>, name: string, option: unknown): T {
    const found: { readonly value: T; readonly source: OptionSource }[] = [];
    for (const { source, reading } of this.#readings(row, option)) {
      if (reading === undefined) continue;
      if ('value' in reading) found.push({ value: reading.value, source });
      this.#report(reading, source, name);
      if (found.length > 0 && row.merge === undefined) break;
    }
    const sources = found.length > 0 ? found.map(({ source }) => source) : ['default'];
    this.sources.set(name, Object.freeze(sources));
    const [first, ...weaker] = found;
    if (first === undefined) return row.default;
    return weaker.reduce((value, next) => row.merge?.(value, next.value) ?? value, first.value);
  }

  /** What each source says, strongest first. Lazy: a source behind the deciding one is not read. */
  *#readings<T>(
    row: OptionRow<T>,
    option: unknown,
  ): Generator<{ readonly source: OptionSource; readonly reading: Reading<T> }> {
    if (row.readOption !== undefined && isPresent(option)) {
      yield { source: 'option', reading: row.readOption(option) };
    }
    if (row.readEnv === undefined) return;
    for (const variable of row.env ?? []) {
      const text = this.#env[variable]?.trim() ?? '';
      if (text !== '') {
        yield { source: variable, reading: row.readEnv(text, variable, this.#env) };
      }
    }
  }

  #report(reading: Exclude<Reading<unknown>, undefined>, source: OptionSource, name: string): void {
    const warnEnv = (text: string): void => this.warn(`env.${source}`, `${source} ${text}.`);
    const isOption = source === 'option';
    if ('problem' in reading) {
      if (isOption) this.refuseOption(name, reading.problem);
      else warnEnv(`${reading.problem}; it is ignored`);
    } else if (reading.note !== undefined) {
      if (isOption) this.warnOption(name, reading.note);
      else warnEnv(reading.note);
    }
  }
}

/** Blank text counts as not set, in code as in the environment. */
function isPresent(value: unknown): boolean {
  return (
    value !== undefined && value !== null && !(typeof value === 'string' && value.trim() === '')
  );
}

function isComplete<T extends object>(values: Partial<T>, table: OptionTable<T>): values is T {
  return Object.keys(table).every((name) => name in values);
}

/**
 * Splits options into their groups. A name that is not known warns, because JavaScript has no
 * compiler that would; a name that looks like a privacy switch and is none is refused, because the
 * content it was meant to withhold would leave.
 */
function readGroups(
  options: unknown,
  reader: OptionReader,
): { readonly top: JsonRecord; readonly delivery: JsonRecord; readonly privacy: JsonRecord } {
  const top = asGroup(options, 'options', reader);
  const delivery = asGroup(top['delivery'], 'delivery', reader);
  const privacy = asGroup(top['privacy'], 'privacy', reader);
  warnOfUnknown(top, { ...OPTION_TABLE, delivery, privacy }, '', reader);
  warnOfUnknown(delivery, DELIVERY_TABLE, 'delivery.', reader);
  for (const name of Object.keys(privacy)) {
    if (/^(?:hide|base64|allow|capture)/i.test(name) && !Object.hasOwn(PRIVACY_FLAG_TABLE, name)) {
      reader.refuseOption(`privacy.${asPrintable(name, 60)}`, 'is no privacy switch');
    }
  }
  return { top: withServiceOfResource(top), delivery, privacy };
}

function asGroup(value: unknown, name: string, reader: OptionReader): JsonRecord {
  if (!isPresent(value)) return {};
  if (isRecord(value)) return value;
  reader.refuseOption(name, `must be an object; saw ${describeType(value)}`);
  return {};
}

function warnOfUnknown(
  options: JsonRecord,
  known: object,
  prefix: string,
  reader: OptionReader,
): void {
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(known, name)) {
      reader.warnOption(`${prefix}${asPrintable(name, 60)}`, 'is not known; it is ignored');
    }
  }
}

/**
 * `resourceAttributes` is code too: a `service.name` in it is weaker than the option `serviceName`
 * and stronger than every variable.
 */
function withServiceOfResource(options: JsonRecord): JsonRecord {
  const resource = options['resourceAttributes'];
  if (!isRecord(resource)) return options;
  const pick = (name: string, key: string): unknown =>
    isPresent(options[name]) ? options[name] : resource[key];
  return {
    ...options,
    serviceName: pick('serviceName', 'service.name'),
    serviceVersion: pick('serviceVersion', 'service.version'),
    environment: pick('environment', 'deployment.environment.name'),
  };
}

/** The resource of the process: further attributes, and over them the ones with options of their own. */
function createResourceAttributes({
  resourceAttributes,
  serviceName,
  serviceVersion,
  environment,
}: OptionValues): Attributes {
  return Object.freeze({
    ...resourceAttributes,
    'service.name': serviceName,
    ...(serviceVersion !== undefined && { 'service.version': serviceVersion }),
    ...(environment !== undefined && { 'deployment.environment.name': environment }),
  });
}
