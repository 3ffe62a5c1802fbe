import { describe, expect, it } from 'vitest';
import type { OptionRow } from '../../src/options/option-readers.js';
import { DELIVERY_TABLE, OPTION_TABLE } from '../../src/options/option-table.js';
import { PRIVACY_FLAG_TABLE } from '../../src/options/privacy-flags.js';
import type { ResolvedOptions } from '../../src/options/resolve-options.js';
import { refusalOf, resolveGiven, warningsOf } from './given.js';

/** One source of an option: what is written there, and what comes of it. */
interface Source {
  readonly name: string;
  readonly written: unknown;
  readonly value: unknown;
}

interface Row {
  readonly option: string;
  readonly read: (resolved: ResolvedOptions) => unknown;
  /** Strongest first: the contract's order, written out here and not taken from the code. */
  readonly sources: readonly Source[];
  readonly default: unknown;
  /** Values an option refuses, when there is an option. */
  readonly badOptions: readonly unknown[];
  /** A text that variables refuse; absent where any text will do. */
  readonly badEnv?: string;
}

const NAMES = ['option', 'first', 'second', 'third', 'fourth', 'fifth', 'sixth'];

/** Sources that all take plain text. */
function texts(...names: readonly string[]): Source[] {
  return names.map((name, index) => ({ name, written: NAMES[index], value: NAMES[index] }));
}

function urls(...names: readonly string[]): Source[] {
  return texts(...names).map(({ name, written }) => ({
    name,
    written: `https://${String(written)}.example`,
    value: `https://${String(written)}.example/v1/traces`,
  }));
}

function resourceText(key: string, text: string): Source {
  return { name: 'OTEL_RESOURCE_ATTRIBUTES', written: `a=b,${key}=${text}`, value: text };
}

function flag(name: string, value: boolean): Source {
  return { name, written: name === 'option' ? value : String(value), value };
}

const hideFlags = {
  hideInputs: ['OPENINFERENCE_HIDE_INPUTS'],
  hideOutputs: ['OPENINFERENCE_HIDE_OUTPUTS'],
  hideInputMessages: ['OPENINFERENCE_HIDE_INPUT_MESSAGES'],
  hideOutputMessages: ['OPENINFERENCE_HIDE_OUTPUT_MESSAGES'],
  hideInputText: ['OPENINFERENCE_HIDE_INPUT_TEXT'],
  hideOutputText: ['OPENINFERENCE_HIDE_OUTPUT_TEXT'],
  hideInputImages: ['OPENINFERENCE_HIDE_INPUT_IMAGES'],
  hideInputAudio: ['OPENINFERENCE_HIDE_INPUT_AUDIO'],
  hideOutputAudio: ['OPENINFERENCE_HIDE_OUTPUT_AUDIO'],
  hideLlmTools: ['OPENINFERENCE_HIDE_LLM_TOOLS'],
  hideLlmInvocationParameters: ['OPENINFERENCE_HIDE_LLM_INVOCATION_PARAMETERS'],
  hidePrompts: ['OPENINFERENCE_HIDE_PROMPTS', 'OPENINFERENCE_HIDE_LLM_PROMPTS'],
  hideChoices: ['OPENINFERENCE_HIDE_CHOICES'],
  hideEmbeddingsText: ['OPENINFERENCE_HIDE_EMBEDDINGS_TEXT', 'OPENINFERENCE_HIDE_EMBEDDING_TEXT'],
  hideEmbeddingsVectors: [
    'OPENINFERENCE_HIDE_EMBEDDINGS_VECTORS',
    'OPENINFERENCE_HIDE_EMBEDDING_VECTORS',
  ],
} as const;

const privacyRows: Row[] = [
  ...Object.entries(hideFlags).map(([name, env]) => ({
    option: `privacy.${name}`,
    read: ({ privacy }: ResolvedOptions) => privacy.flags[name as keyof typeof hideFlags],
    sources: [flag('option', true), ...env.map((variable) => flag(variable, true))],
    default: false,
    badOptions: ['true', 1, {}],
  })),
  ...(
    [
      ['allowPii', 'LIVEKIT_TELEMETRY_ALLOW_PII'],
      ['captureMessageContent', 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'],
    ] as const
  ).map(([name, variable]) => ({
    option: `privacy.${name}`,
    read: ({ privacy }: ResolvedOptions) => privacy.flags[name],
    sources: [flag('option', false), flag(variable, false)],
    default: true,
    badOptions: ['false', 0, []],
  })),
  ...(
    [
      ['base64ImageMaxLength', 'OPENINFERENCE_BASE64_IMAGE_MAX_LENGTH'],
      ['base64AudioMaxLength', 'OPENINFERENCE_BASE64_AUDIO_MAX_LENGTH'],
    ] as const
  ).map(([name, variable]) => ({
    option: `privacy.${name}`,
    read: ({ privacy }: ResolvedOptions) => privacy.flags[name],
    sources: [
      { name: 'option', written: 0, value: 0 },
      { name: variable, written: '77', value: 77 },
    ],
    default: 32_000,
    badOptions: [-1, 1.5, Number.NaN, '5'],
    badEnv: 'many',
  })),
];

const deliveryRows: Row[] = (
  [
    ['maxQueueBytes', [], 32 * 1024 * 1024],
    ['maxBatchBytes', [], 1024 * 1024],
    ['maxRequestBytes', [], 4 * 1024 * 1024],
    ['flushIntervalMillis', ['OTEL_BSP_SCHEDULE_DELAY'], 5_000],
    [
      'exportTimeoutMillis',
      ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'],
      10_000,
    ],
    ['shutdownTimeoutMillis', [], 10_000],
  ] as const
).map(([name, env, fallback]) => ({
  option: `delivery.${name}`,
  read: ({ delivery }: ResolvedOptions) => delivery[name],
  sources: [
    { name: 'option', written: 11, value: 11 },
    ...env.map((variable, index) => ({
      name: variable,
      written: `${index + 20}`,
      value: index + 20,
    })),
  ],
  default: fallback,
  badOptions: [0, -5, 2.5, Number.POSITIVE_INFINITY, '1000', {}],
  badEnv: '10s',
}));

const sampler = {
  shouldSample: () => ({ decision: 2 }),
  toString: () => 'sampler',
};
const processor = {
  onStart() {},
  onEnd() {},
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};
const exporter = { export() {}, shutdown: () => Promise.resolve() };
const giveSessionId = (): string => 'from a function';

/** Options without variables: written and read back. */
function optionOnly(
  option: keyof ResolvedOptions,
  written: unknown,
  fallback: unknown,
  badOptions: readonly unknown[],
): Row {
  return {
    option,
    read: (resolved) => resolved[option],
    sources: [{ name: 'option', written, value: written }],
    default: fallback,
    badOptions,
  };
}

const rows: readonly Row[] = [
  {
    option: 'endpoint',
    read: ({ endpoint }) => endpoint,
    sources: [
      ...urls('option', 'CATALYST_OTLP_ENDPOINT', 'INFERENCE_OTLP_ENDPOINT', 'OTLP_ENDPOINT'),
      {
        name: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
        written: 'https://as-is.example/own/path',
        value: 'https://as-is.example/own/path',
      },
      {
        name: 'OTEL_EXPORTER_OTLP_ENDPOINT',
        written: 'https://base.example',
        value: 'https://base.example/v1/traces',
      },
      ...urls('PHOENIX_COLLECTOR_ENDPOINT'),
    ],
    default: undefined,
    badOptions: ['localhost:4318', 'ftp://host', 'not a url', 'https://', 5, {}],
    badEnv: 'localhost:4318',
  },
  {
    option: 'token',
    read: ({ headers }) => headers['authorization'],
    sources: texts('option', 'CATALYST_OTLP_TOKEN', 'INFERENCE_API_KEY', 'OTLP_INGEST_TOKEN').map(
      (source) => ({ ...source, value: `Bearer ${String(source.value)}` }),
    ),
    default: undefined,
    badOptions: ['two\nlines', 'nul\u0000', 'Bearer ', 'Basic abc', 5, {}],
    badEnv: 'two\r\nlines',
  },
  {
    option: 'serviceName',
    read: ({ serviceName }) => serviceName,
    sources: [
      ...texts(
        'option',
        'CATALYST_SERVICE_NAME',
        'INFERENCE_SERVICE_NAME',
        'SERVICE_NAME',
        'OTEL_SERVICE_NAME',
      ),
      resourceText('service.name', 'of the resource'),
    ],
    default: 'livekit-agent',
    badOptions: [5, {}, true],
  },
  {
    option: 'serviceVersion',
    read: ({ serviceVersion }) => serviceVersion,
    sources: [
      ...texts('option', 'CATALYST_SERVICE_VERSION', 'INFERENCE_SERVICE_VERSION'),
      resourceText('service.version', '1.2.3'),
    ],
    default: undefined,
    badOptions: [5],
  },
  {
    option: 'environment',
    read: ({ environment }) => environment,
    sources: [
      ...texts('option', 'CATALYST_ENVIRONMENT', 'INFERENCE_ENVIRONMENT'),
      resourceText('deployment.environment.name', 'staging'),
    ],
    default: undefined,
    badOptions: [5],
  },
  {
    option: 'debug',
    read: ({ debug }) => debug,
    sources: [
      flag('option', true),
      flag('CATALYST_DEBUG', true),
      flag('INFERENCE_DEBUG', true),
      { name: 'OTEL_LOG_LEVEL', written: 'verbose', value: true },
    ],
    default: false,
    badOptions: ['true', 1],
    badEnv: 'loud',
  },
  {
    option: 'protocol',
    read: ({ protocol }) => protocol,
    sources: [
      { name: 'option', written: 'http/json', value: 'http/json' },
      { name: 'OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', written: 'HTTP/JSON', value: 'http/json' },
      { name: 'OTEL_EXPORTER_OTLP_PROTOCOL', written: 'http/json', value: 'http/json' },
    ],
    default: 'http/protobuf',
    badOptions: ['grpc', 1],
    badEnv: 'grpc',
  },
  {
    option: 'compression',
    read: ({ compression }) => compression,
    sources: [
      { name: 'option', written: 'none', value: 'none' },
      { name: 'OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', written: 'none', value: 'none' },
      { name: 'OTEL_EXPORTER_OTLP_COMPRESSION', written: 'none', value: 'none' },
    ],
    default: 'gzip',
    badOptions: ['zstd', true],
    badEnv: 'zstd',
  },
  {
    option: 'metrics',
    read: ({ metrics }) => metrics !== undefined,
    sources: [
      flag('option', true),
      flag('CATALYST_METRICS', true),
      { name: 'OTEL_METRICS_EXPORTER', written: 'console,otlp', value: true },
    ],
    default: false,
    badOptions: ['otlp', 1],
  },
  {
    option: 'delivery.spoolDirectory',
    read: ({ delivery }) => delivery.spoolDirectory,
    sources: texts('option', 'CATALYST_SPOOL_DIRECTORY'),
    default: undefined,
    badOptions: [5],
  },
  {
    option: 'delivery.ca',
    read: ({ delivery }) => delivery.ca,
    sources: [
      {
        name: 'option',
        written: '-----BEGIN CERTIFICATE-----',
        value: { kind: 'pem', value: '-----BEGIN CERTIFICATE-----' },
      },
      {
        name: 'OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE',
        written: '/certs/traces.pem',
        value: { kind: 'file', value: '/certs/traces.pem' },
      },
      {
        name: 'OTEL_EXPORTER_OTLP_CERTIFICATE',
        written: '/certs/all.pem',
        value: { kind: 'file', value: '/certs/all.pem' },
      },
    ],
    default: undefined,
    badOptions: [5],
  },
  optionOnly('modules', { livekitAgents: { a: 1 } }, {}, ['@livekit/agents', 5]),
  optionOnly('autoInstrument', false, true, ['false', 0]),
  optionOnly('spanAttributes', { 'langfuse.session.id': 'a' }, {}, ['text', ['a'], { a: {} }]),
  optionOnly('metadata', { tier: 'gold' }, undefined, ['text', ['a']]),
  optionOnly('sessionId', giveSessionId, undefined, [5, {}]),
  optionOnly('userId', 'u-1', undefined, [5, {}]),
  optionOnly('tags', ['a', 'b'], undefined, ['a,b', ['a', 5]]),
  optionOnly('exportScopes', 'livekit', 'all', ['none', true]),
  optionOnly('rawContent', true, false, ['true']),
  {
    option: 'sampler',
    read: ({ sampler: used }) => used?.toString(),
    sources: [
      { name: 'option', written: sampler, value: 'sampler' },
      { name: 'OTEL_TRACES_SAMPLER', written: 'always_off', value: 'AlwaysOffSampler' },
    ],
    default: undefined,
    badOptions: ['always_on', {}],
    badEnv: 'always',
  },
  optionOnly('spanLimits', { attributeCountLimit: 500 }, undefined, [5, { eventCountLimit: -1 }]),
  optionOnly('spanProcessors', [processor], [], [processor, [{}]]),
  optionOnly('exporters', [exporter], [], [exporter, [{ export: true }]]),
  ...deliveryRows,
  ...privacyRows,
];

/** Writes the sources of a row from `start` on into options and environment. */
function write(row: Row, sources: readonly Source[]): [unknown, NodeJS.ProcessEnv] {
  const env = Object.fromEntries(
    sources.filter(({ name }) => name !== 'option').map(({ name, written }) => [name, written]),
  ) as NodeJS.ProcessEnv;
  const option = sources.find(({ name }) => name === 'option');
  return [option === undefined ? undefined : asOptions(row.option, option.written), env];
}

function asOptions(path: string, value: unknown): unknown {
  const [outer, inner] = path.split('.');
  return inner === undefined ? { [outer!]: value } : { [outer!]: { [inner]: value } };
}

/** The same source saying something else than its stronger neighbour, so that losing to it shows. */
function opposite(source: Source): Source {
  if (source.value === 'http/json') return { ...source, written: 'http/protobuf' };
  if (source.value === 'none') return { ...source, written: 'gzip' };
  if (typeof source.value !== 'boolean') return source;
  if (source.name === 'OTEL_LOG_LEVEL') return { ...source, written: 'info', value: false };
  if (source.name === 'OTEL_METRICS_EXPORTER') return { ...source, written: 'none', value: false };
  return flag(source.name, !source.value);
}

describe.each(rows)('$option', (row) => {
  it.each(row.sources)('is read from $name alone', (source) => {
    const { resolved, warnings } = resolveGiven(...write(row, [source]));
    expect(row.read(resolved)).toEqual(source.value);
    expect(resolved.sources[row.option]).toEqual([source.name]);
    expect(warnings).toEqual([]);
  });

  const neighbours = row.sources.slice(1).map((weaker, index) => ({
    stronger: row.sources[index]!,
    weaker,
  }));
  it.each(neighbours)('$stronger.name comes before $weaker.name', ({ stronger, weaker }) => {
    const { resolved } = resolveGiven(...write(row, [stronger, opposite(weaker)]));
    expect(row.read(resolved)).toEqual(stronger.value);
    expect(resolved.sources[row.option]).toEqual([stronger.name]);
  });

  it.each(neighbours)('blank $stronger.name is $weaker.name', ({ stronger, weaker }) => {
    const { resolved, warnings } = resolveGiven(
      ...write(row, [{ ...stronger, written: ' \t ' }, weaker]),
    );
    expect(row.read(resolved)).toEqual(weaker.value);
    expect(warnings).toEqual([]);
  });

  it('has its default without any source, and when all of them are blank', () => {
    expect(row.read(resolveGiven(undefined).resolved)).toEqual(row.default);
    const blank = row.sources.map((source) => ({ ...source, written: '  ' }));
    const { resolved } = resolveGiven(...write(row, blank));
    expect(row.read(resolved)).toEqual(row.default);
    expect(resolved.sources[row.option]).toEqual(['default']);
  });

  it.each(row.badOptions.map((bad) => ({ bad })))('refuses the option $bad', ({ bad }) => {
    const error = refusalOf(asOptions(row.option, bad));
    expect(error.option).toBe(row.option);
    expect(error.code).toBe('invalid_option');
    expect(error.message).toContain(`"${row.option}"`);
  });

  it.each(row.badEnv === undefined ? [] : row.sources.slice(1))(
    'warns once about a bad $name and asks the next source',
    (source) => {
      const next = row.sources[row.sources.indexOf(source) + 1];
      const bad = { ...source, written: row.badEnv };
      const outcome = resolveGiven(...write(row, next === undefined ? [bad] : [bad, next]));
      expect(warningsOf(outcome, source.name)).toHaveLength(1);
      expect(row.read(outcome.resolved)).toEqual(next === undefined ? row.default : next.value);
    },
  );
});

it('has a row here for every row of the tables, with the same variables in the same order', () => {
  const tables: Readonly<Record<string, Readonly<Record<string, Pick<OptionRow<never>, 'env'>>>>> =
    { '': OPTION_TABLE, 'delivery.': DELIVERY_TABLE, 'privacy.': PRIVACY_FLAG_TABLE };
  const inCode = Object.entries(tables).flatMap(([prefix, table]) =>
    Object.entries(table).map(([name, { env }]) => [
      `${prefix}${name}`,
      // Says nothing without its keys: it has tests of its own.
      (env ?? []).filter((variable) => variable !== 'LANGFUSE_BASE_URL'),
    ]),
  );
  // These have tests of their own: they add up over sources, or are no option.
  const elsewhere = new Set(['headers', 'resourceAttributes', 'spanLimits', 'disabled']);
  const here = rows.map(({ option, sources }) => [
    option,
    sources.map(({ name }) => name).filter((name) => name !== 'option'),
  ]);
  expect(Object.fromEntries(here.filter(([name]) => !elsewhere.has(String(name))))).toEqual(
    Object.fromEntries(inCode.filter(([name]) => !elsewhere.has(String(name)))),
  );
});
