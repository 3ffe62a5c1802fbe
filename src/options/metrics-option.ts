import { describeType, describeValue } from './describe-value.js';
import type { Reading } from './option-row.js';
import { readBooleanEnv } from './read-boolean.js';
import { isRecord } from './read-objects.js';

/** What `metrics` takes beside `true`. */
export interface MetricsOptions {
  /** Also records `voice.session.duration_ms`, for dashboards that are built on milliseconds. Default true. */
  readonly sessionDurationMillis?: boolean;
}

/** {@link MetricsOptions} with every value decided; metrics that are off have none. */
export interface ResolvedMetricsOptions {
  readonly sessionDurationMillis: boolean;
}

const ON: ResolvedMetricsOptions = Object.freeze({ sessionDurationMillis: true });

export function readMetricsOption(value: unknown): Reading<ResolvedMetricsOptions | undefined> {
  if (typeof value === 'boolean') return { value: value ? ON : undefined };
  if (!isRecord(value) || Array.isArray(value)) {
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
export function readMetricsEnv(
  text: string,
  name: string,
): Reading<ResolvedMetricsOptions | undefined> {
  if (name === 'OTEL_METRICS_EXPORTER') {
    const isOn = text.split(',').some((exporter) => exporter.trim().toLowerCase() === 'otlp');
    return { value: isOn ? ON : undefined };
  }
  const reading = readBooleanEnv(text);
  return reading !== undefined && 'value' in reading
    ? { value: reading.value ? ON : undefined }
    : reading;
}
