import type { SetupOptions } from '../rows/row.js';

/** One line of the tables. */
export interface Contestant {
  readonly name: string;
  readonly label: string;
  /** File name in rows/, without extension. */
  readonly row: string;
  readonly gzip: boolean;
  /** For rows of this package: options of setup() beside the bench's own. */
  readonly setupOptions: SetupOptions;
  /** Packages an application adds for it. */
  readonly packages: readonly string[];
  /** Which copy of OpenTelemetry it runs on: bench/peers', or, for the built package, the project's. */
  readonly home: 'peers' | 'project';
}

/** What all ratios are relative to, and what is subtracted from both sides first. */
export const REFERENCE = 'stock-proto';
export const NOOP = 'noop';

/** This package's name in the tables and among the packages to weigh. */
export const OWN_PACKAGE = 'catalyst-tracing';

const STOCK_PROTO = '@opentelemetry/exporter-trace-otlp-proto';

export const CONTESTANTS: readonly Contestant[] = [
  peer('noop', 'no processor', []),
  peer('floor', 'posts only', []),
  peer('stock-json', 'stock, OTLP/JSON', ['@opentelemetry/exporter-trace-otlp-http']),
  peer('stock-proto', 'stock, OTLP/protobuf', [STOCK_PROTO]),
  {
    ...peer('stock-proto', 'stock, OTLP/protobuf, gzip', [STOCK_PROTO]),
    name: 'stock-proto:gzip',
    gzip: true,
  },
  peer('openinference-genai', '`@arizeai/openinference-genai` + stock protobuf', [
    '@arizeai/openinference-genai',
    STOCK_PROTO,
  ]),
  peer('langfuse', '`@langfuse/otel`', ['@langfuse/otel']),
  own('catalyst', '**catalyst-tracing**', false, {}),
  own('catalyst:gzip', '**catalyst-tracing**, gzip', true, {}),
  own('catalyst:raw', '**catalyst-tracing**, raw kept', false, { rawContent: true }),
  own('catalyst:metrics', '**catalyst-tracing**, metrics on', false, { metrics: true }),
  own('catalyst:privacy', '**catalyst-tracing**, ready patterns', false, {
    privacy: { redactPatterns: 'default' },
  }),
];

function peer(row: string, label: string, packages: readonly string[]): Contestant {
  return { name: row, label, row, gzip: false, setupOptions: {}, packages, home: 'peers' };
}

function own(name: string, label: string, gzip: boolean, setupOptions: SetupOptions): Contestant {
  const packages = [OWN_PACKAGE];
  return { name, label, row: 'catalyst', gzip, setupOptions, packages, home: 'project' };
}
