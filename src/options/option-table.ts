import type { Attributes } from '@opentelemetry/api';
import type {
  Sampler,
  SpanExporter,
  SpanLimits,
  SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { asPrintable } from '../diagnostics.js';
import { isRecord } from '../mapping/read-attributes.js';
import {
  type Endpoint,
  LANGFUSE_ENDPOINT,
  PHOENIX_ENDPOINT,
  readBaseUrl,
  readLangfuseUrl,
  readPhoenixUrl,
  readTracesUrl,
} from './endpoint.js';
import {
  type HeaderEntries,
  mergeHeaders,
  readHeadersEnv,
  readHeadersOption,
  readToken,
} from './headers.js';
import {
  createCountReaders,
  describeType,
  describeValue,
  MAX_TIMER_MILLIS,
  type OptionRow,
  type OptionTable,
  type Reading,
  readBooleanEnv,
  readBooleanOption,
  readJsonOption,
  readListOf,
  readTextEnv,
  readTextListOption,
  readTextOption,
  readWord,
} from './option-readers.js';
import {
  createResourceTextReader,
  mergeAttributes,
  readAttributesOption,
  readResourceEnv,
} from './resource-attributes.js';
import {
  mergeSpanLimits,
  readSamplerEnv,
  readSamplerOption,
  readSpanLimitEnv,
  readSpanLimitsOption,
  SPAN_LIMIT_VARIABLES,
} from './sampling.js';
import type {
  ExportScopes,
  InstrumentedModules,
  MetricsOptions,
  OtlpCompression,
  OtlpProtocol,
  SessionIdOption,
} from './setup-options.js';

/** Values that are used as their row reads them. */
export interface PlainOptionValues {
  /** `CATALYST_DISABLED` or `OTEL_SDK_DISABLED`: everything works, nothing is recorded. */
  readonly disabled: boolean;
  readonly serviceName: string;
  readonly serviceVersion: string | undefined;
  readonly environment: string | undefined;
  readonly debug: boolean;
  readonly modules: InstrumentedModules;
  readonly autoInstrument: boolean;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly spanAttributes: Attributes;
  readonly sessionId: SessionIdOption | undefined;
  readonly userId: string | undefined;
  readonly tags: readonly string[] | undefined;
  readonly protocol: OtlpProtocol;
  readonly compression: OtlpCompression;
  readonly exportScopes: ExportScopes;
  readonly rawContent: boolean;
  /** `undefined` when they are off. */
  readonly metrics: ResolvedMetricsOptions | undefined;
  /** `undefined`: parent-based, always on. */
  readonly sampler: Sampler | undefined;
  readonly spanLimits: SpanLimits | undefined;
  readonly spanProcessors: readonly SpanProcessor[];
  readonly exporters: readonly SpanExporter[];
}

/** What the rows of the option table read, before the parts that belong together are joined. */
export interface OptionValues extends PlainOptionValues {
  readonly endpoint: Endpoint | undefined;
  /** The value of an `Authorization` header. */
  readonly token: string | undefined;
  readonly headers: HeaderEntries;
  readonly resourceAttributes: Attributes;
}

/** `MetricsOptions` with every value decided; metrics that are off have none. */
export type ResolvedMetricsOptions = Required<MetricsOptions>;

/** Certificate authorities, as text or to be read from a file. */
export interface CertificateAuthority {
  readonly kind: 'pem' | 'file';
  /** PEM text or a path, by `kind`. */
  readonly value: string;
}

/** `DeliveryOptions` with every value decided. */
export interface ResolvedDeliveryOptions {
  readonly maxQueueBytes: number;
  readonly maxBatchBytes: number;
  readonly maxRequestBytes: number;
  readonly flushIntervalMillis: number;
  readonly exportTimeoutMillis: number;
  readonly shutdownTimeoutMillis: number;
  readonly spoolDirectory: string | undefined;
  readonly ca: CertificateAuthority | undefined;
}

const TRACES_ENDPOINT = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const RESOURCE_ATTRIBUTES = 'OTEL_RESOURCE_ATTRIBUTES';

/**
 * Every option of `setup()` but the groups `delivery` and `privacy`, which have tables of their
 * own: variables, default, readers. `setup-options.ts` has what an option means.
 */
export const OPTION_TABLE: OptionTable<OptionValues> = {
  disabled: {
    env: ['CATALYST_DISABLED', 'OTEL_SDK_DISABLED'],
    default: false,
    readEnv: readBooleanEnv,
  },
  debug: {
    env: ['CATALYST_DEBUG', 'INFERENCE_DEBUG', 'OTEL_LOG_LEVEL'],
    default: false,
    readOption: readBooleanOption,
    readEnv: (text, name) =>
      name === 'OTEL_LOG_LEVEL' ? readLogLevel(text) : readBooleanEnv(text),
  },

  // Where spans go and how they are packed.
  endpoint: {
    env: [
      'CATALYST_OTLP_ENDPOINT',
      'INFERENCE_OTLP_ENDPOINT',
      'OTLP_ENDPOINT',
      TRACES_ENDPOINT,
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      LANGFUSE_ENDPOINT,
      PHOENIX_ENDPOINT,
    ],
    default: undefined,
    readOption: readBaseUrl,
    readEnv: (text, name, env) => {
      if (name === LANGFUSE_ENDPOINT) return readLangfuseUrl(text, env);
      if (name === PHOENIX_ENDPOINT) return readPhoenixUrl(text, env);
      return name === TRACES_ENDPOINT ? readTracesUrl(text) : readBaseUrl(text);
    },
  },
  token: {
    env: ['CATALYST_OTLP_TOKEN', 'INFERENCE_API_KEY', 'OTLP_INGEST_TOKEN'],
    default: undefined,
    readOption: readToken,
    readEnv: readToken,
  },
  headers: {
    env: ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'],
    default: new Map(),
    readOption: readHeadersOption,
    readEnv: readHeadersEnv,
    merge: mergeHeaders,
  },
  protocol: wordRow(
    ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'],
    ['http/protobuf', 'http/json'],
  ),
  compression: wordRow(
    ['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'OTEL_EXPORTER_OTLP_COMPRESSION'],
    ['gzip', 'none'],
  ),
  metrics: {
    env: ['CATALYST_METRICS', 'OTEL_METRICS_EXPORTER'],
    default: undefined,
    readOption: readMetricsOption,
    readEnv: readMetricsEnv,
  },

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
    readOption: readAttributesOption,
    readEnv: readResourceEnv,
    merge: mergeAttributes,
  },

  // Which SDKs are instrumented.
  modules: { default: Object.freeze({}), readOption: readModulesOption },
  autoInstrument: { default: true, readOption: readBooleanOption },

  // Which spans are recorded and sent, and what every one of them carries.
  metadata: { default: undefined, readOption: readJsonOption },
  spanAttributes: { default: Object.freeze({}), readOption: readAttributesOption },
  sessionId: { default: undefined, readOption: readSessionIdOption },
  userId: { default: undefined, readOption: readTextOption },
  tags: { default: undefined, readOption: readTextListOption },
  exportScopes: { default: 'all', readOption: readWord(['all', 'livekit']) },
  rawContent: { default: false, readOption: readBooleanOption },
  sampler: {
    env: ['OTEL_TRACES_SAMPLER'],
    default: undefined,
    readOption: readSamplerOption,
    readEnv: readSamplerEnv,
  },
  spanLimits: {
    env: SPAN_LIMIT_VARIABLES,
    default: undefined,
    readOption: readSpanLimitsOption,
    readEnv: readSpanLimitEnv,
    merge: mergeSpanLimits,
  },
  spanProcessors: {
    default: [],
    readOption: readListOf('SpanProcessor', ['onStart', 'onEnd', 'forceFlush', 'shutdown']),
  },
  exporters: { default: [], readOption: readListOf('SpanExporter', ['export', 'shutdown']) },
};

/** The options under `delivery`. */
export const DELIVERY_TABLE: OptionTable<ResolvedDeliveryOptions> = {
  maxQueueBytes: bytesRow(32),
  maxBatchBytes: bytesRow(1),
  maxRequestBytes: bytesRow(4),
  flushIntervalMillis: millisRow(5_000, ['OTEL_BSP_SCHEDULE_DELAY']),
  exportTimeoutMillis: millisRow(10_000, [
    'OTEL_EXPORTER_OTLP_TRACES_TIMEOUT',
    'OTEL_EXPORTER_OTLP_TIMEOUT',
  ]),
  shutdownTimeoutMillis: millisRow(10_000, []),
  spoolDirectory: {
    env: ['CATALYST_SPOOL_DIRECTORY'],
    default: undefined,
    readOption: readTextOption,
    readEnv: readTextEnv,
  },
  ca: {
    env: ['OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
    default: undefined,
    readOption: (value) => {
      const reading = readTextOption(value);
      return reading !== undefined && 'value' in reading ? readCertificate(reading.value) : reading;
    },
    readEnv: readCertificate,
  },
};

/** One of a few texts; the first is the default. */
function wordRow<T extends string>(
  env: readonly string[],
  choices: readonly [T, ...T[]],
): OptionRow<T> {
  const read = readWord(choices);
  return { env, default: choices[0], readOption: read, readEnv: read };
}

/** A text that `OTEL_RESOURCE_ATTRIBUTES` may also have, under one of the keys. */
function resourceRow<T extends string | undefined>(
  env: readonly string[],
  keys: readonly string[],
  fallback: T,
): OptionRow<T | string> {
  const readResourceText = createResourceTextReader(...keys);
  return {
    env: [...env, RESOURCE_ATTRIBUTES],
    default: fallback,
    readOption: readTextOption,
    readEnv: (text, name) =>
      name === RESOURCE_ATTRIBUTES ? readResourceText(text) : readTextEnv(text),
  };
}

function bytesRow(mebibytes: number): OptionRow<number> {
  return {
    default: mebibytes * 1024 * 1024,
    readOption: createCountReaders('bytes', 1).readOption,
  };
}

function millisRow(defaultMillis: number, env: readonly string[]): OptionRow<number> {
  return {
    env,
    default: defaultMillis,
    ...createCountReaders('milliseconds', 1, MAX_TIMER_MILLIS),
  };
}

function readCertificate(text: string): Reading<CertificateAuthority> {
  return { value: { kind: text.startsWith('-----BEGIN ') ? 'pem' : 'file', value: text } };
}

// The levels that OpenTelemetry's SDKs know; the last three include what `debug` writes.
const LOG_LEVELS: ReadonlyMap<string, boolean> = new Map([
  ['none', false],
  ['error', false],
  ['warn', false],
  ['info', false],
  ['debug', true],
  ['verbose', true],
  ['all', true],
]);

function readLogLevel(text: string): Reading<boolean> {
  const value = LOG_LEVELS.get(text.toLowerCase());
  return value === undefined
    ? { problem: `must be a log level such as info or debug; saw ${describeValue(text)}` }
    : { value };
}

const METRICS_ON: ResolvedMetricsOptions = Object.freeze({ sessionDurationMillis: true });

function readMetricsOption(value: unknown): Reading<ResolvedMetricsOptions | undefined> {
  if (typeof value === 'boolean') return { value: value ? METRICS_ON : undefined };
  if (!isRecord(value)) {
    return { problem: `must be true, false or an object; saw ${describeType(value)}` };
  }
  const millis = value['sessionDurationMillis'] ?? true;
  return typeof millis === 'boolean'
    ? { value: Object.freeze({ sessionDurationMillis: millis }) }
    : {
        problem: `has "sessionDurationMillis", which must be true or false; saw ${describeValue(millis)}`,
      };
}

/** `OTEL_METRICS_EXPORTER` is a list of exporters, of which `otlp` is ours. */
function readMetricsEnv(text: string, name: string): Reading<ResolvedMetricsOptions | undefined> {
  if (name === 'OTEL_METRICS_EXPORTER') {
    const isOn = text.split(',').some((exporter) => exporter.trim().toLowerCase() === 'otlp');
    return { value: isOn ? METRICS_ON : undefined };
  }
  const reading = readBooleanEnv(text);
  return reading !== undefined && 'value' in reading
    ? { value: reading.value ? METRICS_ON : undefined }
    : reading;
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
function readModulesOption(value: unknown): Reading<InstrumentedModules> {
  if (!isRecord(value)) {
    return { problem: `must be an object of SDK modules; saw ${describeType(value)}` };
  }
  const entries = Object.entries(value).filter(([, sdk]) => sdk !== undefined && sdk !== null);
  const unknown = entries
    .map(([name]) => name)
    .filter((name) => !Object.hasOwn(MODULE_NAMES, name));
  const modules: InstrumentedModules = Object.freeze(Object.fromEntries(entries));
  return unknown.length === 0
    ? { value: modules }
    : {
        value: modules,
        note: `has names that are not known: ${asPrintable(unknown.join(', '), 200)}`,
      };
}

function readSessionIdOption(value: unknown): Reading<SessionIdOption> {
  if (typeof value === 'string') return { value: value.trim() };
  return isSessionIdFunction(value)
    ? { value }
    : { problem: `must be a string or a function; saw ${describeValue(value)}` };
}

function isSessionIdFunction(value: unknown): value is () => string | undefined {
  return typeof value === 'function';
}
