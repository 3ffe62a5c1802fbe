import type { AttributeValue, Attributes } from '@opentelemetry/api';
import { isAttributeValue } from '@opentelemetry/core';
import type { SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { asPrintable } from '../diagnostics.js';
import { isRecord } from '../mapping/read-attributes.js';
import { type Endpoint, ENDPOINT_VARIABLES, readEndpoint } from './endpoint.js';
import { type HeaderEntries, type HeaderEntry, readHeaders, readToken } from './headers.js';
import {
  countReader,
  describeType,
  describeValue,
  hasMethods,
  listReader,
  MAX_TIMER_MILLIS,
  type OptionRow,
  type OptionTable,
  parseKeyValueList,
  readBoolean,
  readJson,
  readText,
  type ValueSource,
  wordReader,
} from './option-readers.js';
import { readSampler, readSpanLimits, SPAN_LIMIT_VARIABLES } from './sampling.js';
import type {
  DeliveryOptions,
  InstrumentedModules,
  MetricsOptions,
  SessionIdOption,
  SetupOptions,
} from './setup-options.js';

/** Where nobody sets them they are `undefined`; without a `sampler`: parent-based, always on. */
type UnsetOption =
  | 'serviceVersion'
  | 'environment'
  | 'metadata'
  | 'sessionId'
  | 'userId'
  | 'tags'
  | 'sampler'
  | 'spanLimits';

/** Options that are read in another form. */
type OtherOption = 'endpoint' | 'token' | 'headers' | 'metrics' | 'delivery' | 'privacy';

/** What the rows of the option table read, before the parts that belong together are joined. */
export interface OptionValues
  extends
    Required<Omit<SetupOptions, UnsetOption | OtherOption>>,
    OrUndefined<Pick<SetupOptions, UnsetOption>> {
  /** `CATALYST_DISABLED` or `OTEL_SDK_DISABLED`: everything works, nothing is recorded. */
  readonly disabled: boolean;
  readonly endpoint: Endpoint | undefined;
  readonly token: HeaderEntry | undefined;
  readonly headers: HeaderEntries;
  /** `false` when they are off. */
  readonly metrics: ResolvedMetricsOptions | false;
}

type OrUndefined<T> = { readonly [K in keyof T]-?: T[K] | undefined };

/** `MetricsOptions` with every value decided; metrics that are off have none. */
export type ResolvedMetricsOptions = Required<MetricsOptions>;

/** Certificate authorities, as text or to be read from a file. */
export interface CertificateAuthority {
  readonly kind: 'pem' | 'file';
  /** PEM text or a path, by `kind`. */
  readonly value: string;
}

/** `DeliveryOptions` with every value decided. */
export interface ResolvedDeliveryOptions extends Omit<
  Required<DeliveryOptions>,
  'spoolDirectory' | 'ca'
> {
  readonly spoolDirectory: string | undefined;
  readonly ca: CertificateAuthority | undefined;
}

const RESOURCE_ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES';
const LOG_LEVEL = 'OTEL_LOG_LEVEL';
const METRICS_EXPORTER = 'OTEL_METRICS_EXPORTER';
const METRICS_ON: ResolvedMetricsOptions = Object.freeze({ sessionDurationMillis: true });

/**
 * Every option of `setup()` but the groups `delivery` and `privacy`, which have tables of their
 * own: variables, default, reader. `setup-options.ts` has what an option means.
 */
export const OPTION_TABLE: OptionTable<OptionValues> = {
  disabled: {
    env: ['CATALYST_DISABLED', 'OTEL_SDK_DISABLED'],
    default: false,
    // There are variables only.
    read: (value, source) => (source.isOption ? undefined : readBoolean(value, source)),
  },
  debug: {
    env: ['CATALYST_DEBUG', 'INFERENCE_DEBUG', LOG_LEVEL],
    default: false,
    read: (value, source) =>
      source.name === LOG_LEVEL ? readLogLevel(value, source) : readBoolean(value, source),
  },

  // Where spans go and how they are packed.
  endpoint: { env: ENDPOINT_VARIABLES, default: undefined, read: readEndpoint },
  token: {
    env: ['CATALYST_OTLP_TOKEN', 'INFERENCE_API_KEY', 'OTLP_INGEST_TOKEN'],
    default: undefined,
    read: readToken,
  },
  headers: {
    env: ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'],
    default: {},
    read: readHeaders,
    merges: true,
  },
  protocol: {
    env: ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'],
    default: 'http/protobuf',
    read: wordReader('http/protobuf', 'http/json'),
  },
  compression: {
    env: ['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'OTEL_EXPORTER_OTLP_COMPRESSION'],
    default: 'gzip',
    read: wordReader('gzip', 'none'),
  },
  metrics: { env: ['CATALYST_METRICS', METRICS_EXPORTER], default: false, read: readMetrics },

  // The resource.
  serviceName: resourceRow(
    ['CATALYST_SERVICE_NAME', 'INFERENCE_SERVICE_NAME', 'SERVICE_NAME', 'OTEL_SERVICE_NAME'],
    ['service.name'],
    'livekit-agent',
  ),
  serviceVersion: resourceRow(
    ['CATALYST_SERVICE_VERSION', 'INFERENCE_SERVICE_VERSION'],
    ['service.version'],
    undefined,
  ),
  environment: resourceRow(
    ['CATALYST_ENVIRONMENT', 'INFERENCE_ENVIRONMENT'],
    // The second is the name before semantic conventions 1.27.
    ['deployment.environment.name', 'deployment.environment'],
    undefined,
  ),
  resourceAttributes: {
    env: [RESOURCE_ATTRIBUTES],
    default: {},
    read: readAttributes,
    merges: true,
  },

  // Which SDKs are instrumented.
  modules: { default: Object.freeze({}), read: readModules },
  autoInstrument: { default: true, read: readBoolean },

  // Which spans are recorded and sent, and what every one of them carries.
  metadata: { default: undefined, read: readJson },
  spanAttributes: { default: Object.freeze({}), read: readAttributes },
  sessionId: { default: undefined, read: readSessionId },
  userId: { default: undefined, read: readText },
  tags: {
    default: undefined,
    read: listReader('strings', (item): item is string => typeof item === 'string'),
  },
  exportScopes: { default: 'all', read: wordReader('all', 'livekit') },
  rawContent: { default: false, read: readBoolean },
  sampler: { env: ['OTEL_TRACES_SAMPLER'], default: undefined, read: readSampler },
  spanLimits: {
    env: SPAN_LIMIT_VARIABLES,
    default: undefined,
    read: readSpanLimits,
    merges: true,
  },
  spanProcessors: {
    default: [],
    read: listReader('SpanProcessors', (item): item is SpanProcessor =>
      hasMethods(item, 'onStart', 'onEnd', 'forceFlush', 'shutdown'),
    ),
  },
  exporters: {
    default: [],
    read: listReader('SpanExporters', (item): item is SpanExporter =>
      hasMethods(item, 'export', 'shutdown'),
    ),
  },
};

const MEBIBYTE = 1024 * 1024;
const readBytes = countReader('bytes', 1);
const readMillis = countReader('milliseconds', 1, MAX_TIMER_MILLIS);

/** The options under `delivery`. */
export const DELIVERY_TABLE: OptionTable<ResolvedDeliveryOptions> = {
  maxQueueBytes: { default: 32 * MEBIBYTE, read: readBytes },
  maxBatchBytes: { default: MEBIBYTE, read: readBytes },
  maxRequestBytes: { default: 4 * MEBIBYTE, read: readBytes },
  flushIntervalMillis: { env: ['OTEL_BSP_SCHEDULE_DELAY'], default: 5_000, read: readMillis },
  exportTimeoutMillis: {
    env: ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'],
    default: 10_000,
    read: readMillis,
  },
  shutdownTimeoutMillis: { default: 10_000, read: readMillis },
  spoolDirectory: { env: ['CATALYST_SPOOL_DIRECTORY'], default: undefined, read: readText },
  ca: {
    env: ['OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
    default: undefined,
    read: (value, source) => {
      const text = readText(value, source);
      if (text === undefined) return undefined;
      return { kind: text.startsWith('-----BEGIN ') ? 'pem' : 'file', value: text };
    },
  },
};

/** A text that `OTEL_RESOURCE_ATTRIBUTES` may also have, under one of the keys. */
function resourceRow<T extends string | undefined>(
  env: readonly string[],
  keys: readonly string[],
  fallback: T,
): OptionRow<T | string> {
  return {
    env: [...env, RESOURCE_ATTRIBUTES],
    default: fallback,
    read: (value, source) => {
      if (source.name !== RESOURCE_ATTRIBUTES) return readText(value, source);
      const attributes = readAttributes(value, source) ?? {};
      const texts = keys.map((key) => String(attributes[key] ?? '').trim());
      return texts.find((text) => text !== '');
    },
  };
}

/**
 * Attributes of the resource, or of every span: of code, where values of `undefined` and `null` are
 * left out, or of `OTEL_RESOURCE_ATTRIBUTES`. Of that, as the resource specification asks, one broken
 * entry discards the whole.
 */
function readAttributes(value: unknown, source: ValueSource): Attributes | undefined {
  if (!source.isOption) {
    const entries = parseKeyValueList(value);
    const pairs = entries.filter((entry) => entry !== undefined);
    return pairs.length === entries.length
      ? Object.fromEntries(pairs)
      : source.refuse(
          'must be a list such as "key=value,key=value" with "," and "=" percent-encoded in values',
        );
  }
  if (!isRecord(value)) {
    return source.refuse(`must be an object of attributes; saw ${describeType(value)}`);
  }
  const attributes: [string, AttributeValue][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (item === undefined || item === null) continue;
    if (!isAttributeValue(item)) {
      return source.refuse(
        `must have strings, numbers, booleans or arrays of one of them as values; "${asPrintable(key, 60)}" is ${describeType(item)}`,
      );
    }
    attributes.push([key, Array.isArray(item) ? item.slice() : item]);
  }
  return Object.freeze(Object.fromEntries(attributes));
}

/** The levels that OpenTelemetry's SDKs know; the second list includes what `debug` writes. */
const QUIET_LEVELS: readonly string[] = ['none', 'error', 'warn', 'info'];
const DEBUG_LEVELS: readonly string[] = ['debug', 'verbose', 'all'];

function readLogLevel(value: unknown, source: ValueSource): boolean | undefined {
  const level = String(value).toLowerCase();
  if (DEBUG_LEVELS.includes(level)) return true;
  return QUIET_LEVELS.includes(level)
    ? false
    : source.refuse(`must be a log level such as info or debug; saw ${describeValue(value)}`);
}

/** `OTEL_METRICS_EXPORTER` is a list of exporters, of which `otlp` is ours. */
function readMetrics(
  value: unknown,
  source: ValueSource,
): ResolvedMetricsOptions | false | undefined {
  if (source.name === METRICS_EXPORTER) {
    return /(?:^|,)\s*otlp\s*(?:,|$)/i.test(String(value)) && METRICS_ON;
  }
  if (!source.isOption || typeof value === 'boolean') {
    const isOn = readBoolean(value, source);
    return isOn && METRICS_ON;
  }
  if (!isRecord(value)) {
    return source.refuse(`must be true, false or an object; saw ${describeType(value)}`);
  }
  const millis = value['sessionDurationMillis'] ?? true;
  return typeof millis === 'boolean'
    ? Object.freeze({ sessionDurationMillis: millis })
    : source.refuse(
        `has "sessionDurationMillis", which must be true or false; saw ${describeValue(millis)}`,
      );
}

const MODULE_NAMES: Readonly<Record<keyof InstrumentedModules, true>> = {
  livekitAgents: true,
  openai: true,
  anthropic: true,
  langchain: true,
  langchainCallbacksManager: true,
  langgraph: true,
  langsmith: true,
  openaiAgents: true,
  claudeAgentSdk: true,
  elevenlabs: true,
  piAi: true,
  cursorSdk: true,
  aiSdk: true,
};

/** Modules by SDK name, copied. `null` is left out: a module that failed to load is no mistake. */
function readModules(value: unknown, source: ValueSource): InstrumentedModules | undefined {
  if (!isRecord(value)) {
    return source.refuse(`must be an object of SDK modules; saw ${describeType(value)}`);
  }
  const entries = Object.entries(value).filter(([, sdk]) => sdk !== undefined && sdk !== null);
  const unknown = entries
    .map(([name]) => name)
    .filter((name) => !Object.hasOwn(MODULE_NAMES, name));
  if (unknown.length > 0) {
    source.note(`has names that are not known: ${asPrintable(unknown.join(', '), 200)}`);
  }
  return Object.freeze(Object.fromEntries(entries));
}

function readSessionId(value: unknown, source: ValueSource): SessionIdOption | undefined {
  if (typeof value === 'string') return value.trim();
  return isSessionIdFunction(value)
    ? value
    : source.refuse(`must be a string or a function; saw ${describeType(value)}`);
}

function isSessionIdFunction(value: unknown): value is () => string | undefined {
  return typeof value === 'function';
}
