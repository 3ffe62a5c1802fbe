import type { Endpoint } from './endpoint.js';
import { readBaseUrl, readTracesUrl } from './endpoint.js';
import { mergeHeaders, readHeadersEnv, readHeadersOption } from './headers.js';
import { readMetricsEnv, readMetricsOption } from './metrics-option.js';
import type { OptionRow, OptionTable } from './option-row.js';
import { readWord } from './read-text.js';
import type { OptionValues } from './resolved-options.js';
import { readToken } from './token.js';

const TRACES_ENDPOINT = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';

const ENDPOINT_ROW: OptionRow<Endpoint | undefined> = {
  env: ['CATALYST_OTLP_ENDPOINT', 'INFERENCE_OTLP_ENDPOINT', 'OTLP_ENDPOINT'],
  standardEnv: [TRACES_ENDPOINT, 'OTEL_EXPORTER_OTLP_ENDPOINT'],
  default: undefined,
  defaultText: 'none: no span is sent, one warning says so',
  meaning:
    'Base URL of the collector; `/v1/traces` is appended once (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is used as it is)',
  readOption: readBaseUrl,
  readEnv: (text, name) => (name === TRACES_ENDPOINT ? readTracesUrl(text) : readBaseUrl(text)),
};

/** Where spans go and how they are packed. */
export const DESTINATION_TABLE: OptionTable<
  Pick<OptionValues, 'endpoint' | 'token' | 'headers' | 'protocol' | 'compression' | 'metrics'>
> = {
  endpoint: ENDPOINT_ROW,
  token: {
    env: ['CATALYST_OTLP_TOKEN', 'INFERENCE_API_KEY', 'OTLP_INGEST_TOKEN'],
    standardEnv: [],
    default: undefined,
    defaultText: 'none',
    meaning: 'Bearer token for the `Authorization` header, with or without `Bearer ` in front',
    readOption: readToken,
    readEnv: readToken,
  },
  headers: {
    env: [],
    standardEnv: ['OTEL_EXPORTER_OTLP_TRACES_HEADERS', 'OTEL_EXPORTER_OTLP_HEADERS'],
    default: new Map(),
    defaultText: '{}',
    meaning: 'Headers of every request; the sources are merged, the stronger one wins a name',
    readOption: readHeadersOption,
    readEnv: readHeadersEnv,
    merge: mergeHeaders,
  },
  protocol: {
    env: [],
    standardEnv: ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL'],
    default: 'http/protobuf',
    defaultText: 'http/protobuf',
    meaning: 'Encoding of requests: `http/protobuf` or `http/json`',
    readOption: readWord(['http/protobuf', 'http/json']),
    readEnv: readWord(['http/protobuf', 'http/json']),
  },
  compression: {
    env: [],
    standardEnv: ['OTEL_EXPORTER_OTLP_TRACES_COMPRESSION', 'OTEL_EXPORTER_OTLP_COMPRESSION'],
    default: 'gzip',
    defaultText: 'gzip',
    meaning: 'Compression of requests: `gzip` or `none`',
    readOption: readWord(['gzip', 'none']),
    readEnv: readWord(['gzip', 'none']),
  },
  metrics: {
    env: ['CATALYST_METRICS'],
    standardEnv: ['OTEL_METRICS_EXPORTER'],
    default: undefined,
    defaultText: 'false',
    meaning:
      'Sends metrics too: `true`, or an object (`OTEL_METRICS_EXPORTER`: when it lists `otlp`)',
    readOption: readMetricsOption,
    readEnv: readMetricsEnv,
  },
};
