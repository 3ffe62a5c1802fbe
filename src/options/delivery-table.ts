import type { CertificateAuthority, ResolvedDeliveryOptions } from './delivery-options.js';
import type { OptionRow, OptionTable, Reading } from './option-row.js';
import { createCountReaders, MAX_TIMER_MILLIS } from './read-count.js';
import { readTextEnv, readTextOption } from './read-text.js';

/** The options under `delivery`. */
export const DELIVERY_TABLE: OptionTable<ResolvedDeliveryOptions> = {
  maxQueueBytes: bytesRow(32, 'Bytes of encoded spans that may wait; past it the oldest go first'),
  maxBatchBytes: bytesRow(1, 'Bytes of encoded spans that are sent at once'),
  maxRequestBytes: bytesRow(4, 'Bytes of one request before compression; a larger batch is split'),
  flushIntervalMillis: millisRow(
    5_000,
    ['OTEL_BSP_SCHEDULE_DELAY'],
    'Milliseconds a span waits at most before it is sent',
  ),
  exportTimeoutMillis: millisRow(
    10_000,
    ['OTEL_EXPORTER_OTLP_TRACES_TIMEOUT', 'OTEL_EXPORTER_OTLP_TIMEOUT'],
    'Milliseconds one request may take',
  ),
  shutdownTimeoutMillis: millisRow(
    10_000,
    [],
    'Milliseconds within which `shutdown()` and `forceFlush()` settle',
  ),
  spoolDirectory: {
    env: ['CATALYST_SPOOL_DIRECTORY'],
    standardEnv: [],
    default: undefined,
    defaultText: 'unset: nothing is written to disk',
    meaning: 'Directory for spans that could not be delivered before exit',
    readOption: readTextOption,
    readEnv: readTextEnv,
  },
  ca: {
    env: [],
    standardEnv: ['OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE', 'OTEL_EXPORTER_OTLP_CERTIFICATE'],
    default: undefined,
    defaultText: 'those of Node',
    meaning: 'Certificate authorities to trust: PEM text, or the path of a PEM file',
    readOption: (value) => {
      const reading = readTextOption(value);
      return reading !== undefined && 'value' in reading ? readCertificate(reading.value) : reading;
    },
    readEnv: readCertificate,
  },
};

function bytesRow(mebibytes: number, meaning: string): OptionRow<number> {
  return {
    env: [],
    standardEnv: [],
    default: mebibytes * 1024 * 1024,
    defaultText: `${mebibytes} MiB`,
    meaning,
    readOption: createCountReaders('bytes', 1).readOption,
  };
}

function millisRow(
  defaultMillis: number,
  standardEnv: readonly string[],
  meaning: string,
): OptionRow<number> {
  return {
    env: [],
    standardEnv,
    default: defaultMillis,
    // Not toLocaleString(): its first call loads ICU, 13 ms of every start.
    defaultText: String(defaultMillis).replace(/\B(?=(?:\d{3})+$)/g, ','),
    meaning,
    ...createCountReaders('milliseconds', 1, MAX_TIMER_MILLIS),
  };
}

function readCertificate(text: string): Reading<CertificateAuthority> {
  return { value: { kind: text.startsWith('-----BEGIN ') ? 'pem' : 'file', value: text } };
}
