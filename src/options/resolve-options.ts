import { asPrintable, warnOnce } from '../diagnostics.js';
import { InvalidOptionError } from '../errors.js';
import { isRecord, type JsonRecord } from '../mapping/read-attributes.js';
import { REDACTION_OPTION_NAMES, type RedactionOptions } from '../privacy/redaction-options.js';
import { resolveRedaction, type ResolvedRedaction } from '../privacy/resolve-redaction.js';
import { type ProxySettings, resolveProxySettings, suggestEndpoint } from './endpoint.js';
import type { HeaderEntry } from './headers.js';
import {
  describeType,
  type OptionRow,
  type OptionTable,
  type ValueSource,
} from './option-readers.js';
import {
  DELIVERY_TABLE,
  OPTION_TABLE,
  type OptionValues,
  type ResolvedDeliveryOptions,
  type ResolvedMetricsOptions,
} from './option-table.js';
import {
  misspeltVariables,
  PRIVACY_FLAG_TABLE,
  type ResolvedPrivacyFlags,
} from './privacy-flags.js';
import type { SetupOptions } from './setup-options.js';

/** Options and environment with every value decided. Frozen. */
export interface ResolvedOptions extends Omit<
  OptionValues,
  'endpoint' | 'token' | 'headers' | 'metrics'
> {
  /** URL that spans are POSTed to; `undefined` when there is none. Has no user info; show it with `displayUrl`. */
  readonly endpoint: string | undefined;
  /** All headers of a request that come from the user, lower-case, `authorization` included. */
  readonly headers: Readonly<Record<string, string>>;
  /** `undefined` when they are off. */
  readonly metrics: ResolvedMetricsOptions | undefined;
  /** Of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`; their user info is not shown. */
  readonly proxies: ProxySettings;
  readonly delivery: ResolvedDeliveryOptions;
  readonly privacy: {
    readonly flags: ResolvedPrivacyFlags;
    /** As written in code. */
    readonly redaction: RedactionOptions;
    /** The same, checked and ready to run. */
    readonly resolvedRedaction: ResolvedRedaction;
  };
  /**
   * Where each value came from, by the option's path (`endpoint`, `delivery.ca`,
   * `privacy.hideInputs`, and `authorization`): `option`, a variable, or `default`; the strongest
   * source first, several where values add up.
   */
  readonly sources: Readonly<Record<string, readonly string[]>>;
}

/** What a child process gets, unless the application says otherwise. */
export function processEnvironment(): NodeJS.ProcessEnv {
  return process.env;
}

/**
 * Decides every value from options and environment, and remembers where it came from. Changes none
 * of its arguments.
 *
 * Throws `InvalidOptionError` on an option that cannot be used, unless the environment disables
 * tracing: the switch that turns a broken set-up off must not stumble over it. A bad variable goes
 * to `warn`, each variable once.
 */
export function resolveOptions(
  options?: SetupOptions,
  env: NodeJS.ProcessEnv = process.env,
  warn: typeof warnOnce = warnOnce,
): ResolvedOptions {
  const reader = new OptionReader(env, warn);
  reader.rejectsBadOptions = !reader.readTable({ disabled: OPTION_TABLE.disabled }, {}).disabled;

  const groups = readGroups(options, reader);
  const values = reader.readTable(OPTION_TABLE, groups.top);
  const delivery = reader.readTable(DELIVERY_TABLE, groups.delivery, 'delivery.');
  const flags = reader.readTable(PRIVACY_FLAG_TABLE, groups.privacy, 'privacy.');
  for (const [name, meant] of misspeltVariables(Object.keys(env))) {
    reader.warn(`env.${name}`, `${name} is not known and withholds nothing. Is it ${meant}?`);
  }

  const { token: _, headers, endpoint, ...plain } = values;
  const authorization = resolveAuthorization(values);
  reader.sources['authorization'] = [authorization?.source ?? 'default'];
  const { serviceName, serviceVersion, environment } = values;
  return Object.freeze({
    ...plain,
    endpoint: endpoint?.url,
    headers: hideValues({
      ...endpoint?.headers,
      ...Object.fromEntries(Object.entries(headers).map(([name, { value }]) => [name, value])),
      ...(authorization && { authorization: authorization.value }),
    }),
    metrics: values.metrics || undefined,
    proxies: hideValues(resolveProxySettings(env)),
    // The whole resource: further attributes, and over them the ones that have options.
    resourceAttributes: Object.freeze({
      ...values.resourceAttributes,
      'service.name': serviceName,
      ...(serviceVersion !== undefined && { 'service.version': serviceVersion }),
      ...(environment !== undefined && { 'deployment.environment.name': environment }),
    }),
    delivery: Object.freeze(delivery),
    privacy: Object.freeze({
      flags: Object.freeze(flags),
      ...readRedaction(groups.privacy, reader),
    }),
    sources: Object.freeze(reader.sources),
  });
}

/** Where tracing is disabled, a bad option warns and does not throw: so does a bad redaction. */
function readRedaction(
  redaction: RedactionOptions,
  reader: OptionReader,
): Omit<ResolvedOptions['privacy'], 'flags'> {
  try {
    return {
      redaction: Object.freeze({ ...redaction }),
      resolvedRedaction: resolveRedaction(redaction),
    };
  } catch (error) {
    if (reader.rejectsBadOptions || !(error instanceof InvalidOptionError)) throw error;
    reader.warn(`option.${error.option}`, `${error.message}.`);
    return readRedaction({}, reader);
  }
}

/**
 * Decides which credential goes with the requests. Code comes before the environment, and there
 * what was written for this endpoint comes before what was written for another:
 *
 * 1. `Authorization` of the option `headers`, 2. the option `token`, 3. user info in the endpoint's
 * URL, 4. `Authorization` of `OTEL_EXPORTER_OTLP_*HEADERS` when the endpoint is one of
 * `OTEL_EXPORTER_OTLP_*ENDPOINT`, 5. the token of a variable, 6. `Authorization` of
 * `OTEL_EXPORTER_OTLP_*HEADERS` otherwise.
 *
 * Without the fourth rule an API key that is set for a model provider would take the place of the
 * credential of somebody's collector, and reach that collector.
 */
function resolveAuthorization({ endpoint, token, headers }: OptionValues): HeaderEntry | undefined {
  const header = headers['authorization'];
  if (header?.source === 'option') return header;
  if (token?.source === 'option') return token;
  if (endpoint?.authorization !== undefined) return endpoint.authorization;
  const isForEndpoint = endpoint?.source.startsWith('OTEL_') === true;
  return isForEndpoint ? (header ?? token) : (token ?? header);
}

/**
 * Freezes an object whose values are secrets. Printed or serialised as a whole it shows its names
 * and no value, so that a dump of an object with it in shows no secret.
 */
function hideValues<T extends object>(secrets: T): Readonly<T> {
  const masked = Object.fromEntries(Object.keys(secrets).map((name) => [name, '(not shown)']));
  for (const key of ['toJSON', Symbol.for('nodejs.util.inspect.custom')]) {
    Object.defineProperty(secrets, key, { value: () => masked });
  }
  return Object.freeze(secrets);
}

/** Warns that spans go nowhere; called by whoever builds the exporter. */
export function warnWithoutEndpoint({ endpoint, exporters, disabled }: ResolvedOptions): void {
  if (endpoint !== undefined || exporters.length > 0 || disabled) return;
  warnOnce(
    'no_endpoint',
    `No endpoint is set, so spans are not exported. ${suggestEndpoint(process.env)}`,
  );
}

/** Reads tables of options, and turns what their readers say into errors and warnings. */
class OptionReader {
  readonly sources: Record<string, readonly string[]> = {};
  rejectsBadOptions = true;
  readonly #env: NodeJS.ProcessEnv;
  readonly #warn: typeof warnOnce;
  /** Several options read one variable: it warns once. */
  readonly #warned = new Set<string>();

  constructor(env: NodeJS.ProcessEnv, warn: typeof warnOnce) {
    this.#env = env;
    this.#warn = warn;
  }

  warn(code: string, text: string): undefined {
    if (this.#warned.has(code)) return;
    this.#warned.add(code);
    this.#warn(code, text);
  }

  warnOption(option: string, text: string): undefined {
    return this.warn(`option.${option}`, `The option "${option}" ${text}.`);
  }

  /** Throws, or warns and lets the next source be asked. */
  refuseOption(option: string, problem: string): undefined {
    if (!this.rejectsBadOptions) return this.warnOption(option, problem);
    throw new InvalidOptionError(
      option,
      `The option "${option}" ${problem}. Correct it, or leave it out to use the environment or the default.`,
    );
  }

  /** Reads every row; `prefix` comes before the option's name in messages and sources. */
  readTable<T extends object>(table: OptionTable<T>, options: JsonRecord, prefix = ''): T {
    const values: T = Object.create(Object.prototype);
    for (const name in table) {
      values[name] = this.#readRow(table[name], `${prefix}${name}`, options[name]);
    }
    return values;
  }

  /** Asks the sources, strongest first. One behind the deciding one is not read. */
  #readRow<T>(row: OptionRow<T>, name: string, option: unknown): T {
    const sources: string[] = [];
    let value: T | undefined;
    for (const source of ['option', ...(row.env ?? [])]) {
      const written = source === 'option' ? option : this.#env[source]?.trim();
      if (!isPresent(written)) continue;
      const read = row.read(written, this.#sourceOf(source, name));
      if (read === undefined) continue;
      sources.push(source);
      value = value === undefined ? read : { ...read, ...value };
      if (row.merges !== true) break;
    }
    this.sources[name] = Object.freeze(sources.length > 0 ? sources : ['default']);
    return value === undefined ? row.default : value;
  }

  #sourceOf(name: string, option: string): ValueSource {
    const isOption = name === 'option';
    const note = (text: string): undefined =>
      isOption ? this.warnOption(option, text) : this.warn(`env.${name}`, `${name} ${text}.`);
    const refuse = (problem: string): undefined =>
      isOption ? this.refuseOption(option, problem) : note(`${problem}; it is ignored`);
    return { name, isOption, env: this.#env, refuse, note };
  }
}

/** Blank text counts as not set, in code as in the environment. */
function isPresent(value: unknown): boolean {
  return typeof value === 'string' ? value.trim() !== '' : value !== undefined && value !== null;
}

/**
 * Splits options into their groups. A name that is not known warns, because JavaScript has no
 * compiler that would. One under `privacy` is refused, and a name of `privacy` in another place,
 * because the content that it was meant to withhold would leave.
 */
function readGroups(options: unknown, reader: OptionReader) {
  const top = asGroup(options, 'options', reader);
  const delivery = asGroup(top['delivery'], 'delivery', reader);
  const privacy = asGroup(top['privacy'], 'privacy', reader);
  for (const name of Object.keys(top)) {
    if (isPrivacyOption(name)) reader.refuseOption(name, `must be written as privacy.${name}`);
    if (Object.hasOwn(OPTION_TABLE, name) || name === 'delivery' || name === 'privacy') continue;
    reader.warnOption(asPrintable(name, 60), UNKNOWN);
  }
  for (const name of Object.keys(delivery)) {
    if (Object.hasOwn(DELIVERY_TABLE, name)) continue;
    reader.warnOption(`delivery.${asPrintable(name, 60)}`, UNKNOWN);
  }
  for (const name of Object.keys(privacy)) {
    if (isPrivacyOption(name)) continue;
    reader.refuseOption(`privacy.${asPrintable(name, 60)}`, 'is no privacy option');
  }
  return { top: withServiceOfResource(top), delivery, privacy };
}

const UNKNOWN = 'is not known; it is ignored';

function isPrivacyOption(name: string): boolean {
  return Object.hasOwn(PRIVACY_FLAG_TABLE, name) || REDACTION_OPTION_NAMES.has(name);
}

function asGroup(value: unknown, name: string, reader: OptionReader): JsonRecord {
  if (!isPresent(value)) return {};
  if (isRecord(value)) return value;
  reader.refuseOption(name, `must be an object; saw ${describeType(value)}`);
  return {};
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
