import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
  type SpanLimits,
} from '@opentelemetry/sdk-trace-base';
import { asPrintable } from '../diagnostics.js';
import { isRecord } from '../mapping/read-attributes.js';
import { describeType, describeValue, type Reading, withoutQuotes } from './option-readers.js';

// The SDK reads these variables too. It takes a sampler's name in lower case alone, and says nothing
// about a value that it cannot use (`sdk-trace`, `config.ts`).

const SAMPLER_ARG = 'OTEL_TRACES_SAMPLER_ARG';
const PARENT_BASED = 'parentbased_';
const SAMPLER_NAMES: readonly string[] = ['always_on', 'always_off', 'traceidratio'];

/** A sampler of the OpenTelemetry SDK, in code. */
export function readSamplerOption(value: unknown): Reading<Sampler> {
  return isSampler(value)
    ? { value }
    : { problem: `must be a Sampler of OpenTelemetry; saw ${describeType(value)}` };
}

function isSampler(value: unknown): value is Sampler {
  return (
    isRecord(value) &&
    typeof value['shouldSample'] === 'function' &&
    typeof value['toString'] === 'function'
  );
}

/** `OTEL_TRACES_SAMPLER` as the specification lists its values, in any case and also in quotes. */
export function readSamplerEnv(
  text: string,
  _name: string,
  env: NodeJS.ProcessEnv,
): Reading<Sampler> {
  const name = withoutQuotes(text).toLowerCase();
  const root = name.startsWith(PARENT_BASED) ? name.slice(PARENT_BASED.length) : name;
  if (!SAMPLER_NAMES.includes(root)) {
    const names = SAMPLER_NAMES.join(', ');
    return {
      problem: `must be ${names} or one of them with ${PARENT_BASED} in front; saw ${describeValue(text)}`,
    };
  }
  const { sampler, note } = createRootSampler(root, env[SAMPLER_ARG]);
  const value = root === name ? sampler : new ParentBasedSampler({ root: sampler });
  return note === undefined ? { value } : { value, note };
}

function createRootSampler(
  name: string,
  arg: string | undefined,
): { readonly sampler: Sampler; readonly note?: string } {
  if (name === 'always_on') return { sampler: new AlwaysOnSampler() };
  if (name === 'always_off') return { sampler: new AlwaysOffSampler() };
  const text = withoutQuotes(arg ?? '');
  // The specification: 1.0 when it is not set.
  if (text === '') return { sampler: new TraceIdRatioBasedSampler(1) };
  const ratio = Number(text);
  if (ratio >= 0 && ratio <= 1) return { sampler: new TraceIdRatioBasedSampler(ratio) };
  return {
    sampler: new TraceIdRatioBasedSampler(1),
    note: `has a bad ratio: ${SAMPLER_ARG} must be a number from 0 to 1; saw ${describeValue(arg)}; 1 is used`,
  };
}

/** Span limits in code, copied: numbers by name. */
export function readSpanLimitsOption(value: unknown): Reading<SpanLimits> {
  if (!isRecord(value)) {
    return { problem: `must be an object of limits; saw ${describeType(value)}` };
  }
  const limits = Object.entries(value).filter(([, limit]) => limit !== undefined);
  const bad = limits.find(([, limit]) => typeof limit !== 'number' || !(limit >= 0));
  return bad === undefined
    ? { value: Object.freeze(Object.fromEntries(limits)) }
    : {
        problem: `must have numbers from 0; "${asPrintable(bad[0], 60)}" is ${describeValue(bad[1])}`,
      };
}

/** The limit that each variable sets. A variable about spans is stronger than the general one. */
const LIMITS_BY_VARIABLE: ReadonlyMap<string, keyof SpanLimits> = new Map([
  ['OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT', 'attributeCountLimit'],
  ['OTEL_ATTRIBUTE_COUNT_LIMIT', 'attributeCountLimit'],
  ['OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'attributeValueLengthLimit'],
  ['OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT', 'attributeValueLengthLimit'],
  ['OTEL_SPAN_EVENT_COUNT_LIMIT', 'eventCountLimit'],
  ['OTEL_SPAN_LINK_COUNT_LIMIT', 'linkCountLimit'],
  ['OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT', 'attributePerEventCountLimit'],
  ['OTEL_LINK_ATTRIBUTE_COUNT_LIMIT', 'attributePerLinkCountLimit'],
]);

/** The variables of span limits, strongest first. */
export const SPAN_LIMIT_VARIABLES: readonly string[] = [...LIMITS_BY_VARIABLE.keys()];

/** One limit, from its variable. */
export function readSpanLimitEnv(text: string, name: string): Reading<SpanLimits> {
  const limit = LIMITS_BY_VARIABLE.get(name);
  if (limit === undefined) return undefined;
  const digits = withoutQuotes(text);
  return /^\d+$/.test(digits)
    ? { value: { [limit]: Number(digits) } }
    : { problem: `must be a whole number, 0 or more; saw ${describeValue(text)}` };
}

/** Adds the limits of a weaker source to those of a stronger one. */
export function mergeSpanLimits(
  stronger: SpanLimits | undefined,
  weaker: SpanLimits | undefined,
): SpanLimits {
  return { ...weaker, ...stronger };
}
