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
import {
  describeType,
  describeValue,
  hasMethods,
  type ValueSource,
  withoutQuotes,
} from './option-readers.js';

// The SDK reads these variables too. It takes a sampler's name in lower case alone, and says nothing
// about a value that it cannot use (`sdk-trace`, `config.ts`).

const SAMPLER_ARG = 'OTEL_TRACES_SAMPLER_ARG';
const PARENT_BASED = 'parentbased_';

/** A sampler in code, or the name of one as the specification lists them, in any case and in quotes. */
export function readSampler(value: unknown, source: ValueSource): Sampler | undefined {
  if (source.isOption) {
    return isSampler(value)
      ? value
      : source.refuse(`must be a Sampler of OpenTelemetry; saw ${describeType(value)}`);
  }
  const name = withoutQuotes(String(value)).toLowerCase();
  const isParentBased = name.startsWith(PARENT_BASED);
  const root = createSampler(isParentBased ? name.slice(PARENT_BASED.length) : name, source);
  if (root === undefined) {
    return source.refuse(
      `must be always_on, always_off, traceidratio or one of them with ${PARENT_BASED} in front; saw ${describeValue(value)}`,
    );
  }
  return isParentBased ? new ParentBasedSampler({ root }) : root;
}

function isSampler(value: unknown): value is Sampler {
  return hasMethods(value, 'shouldSample', 'toString');
}

function createSampler(name: string, source: ValueSource): Sampler | undefined {
  switch (name) {
    case 'always_on':
      return new AlwaysOnSampler();
    case 'always_off':
      return new AlwaysOffSampler();
    case 'traceidratio':
      return new TraceIdRatioBasedSampler(readRatio(source));
    default:
      return undefined;
  }
}

/** The specification: 1.0 when it is not set. */
function readRatio({ env, note }: ValueSource): number {
  const arg = env[SAMPLER_ARG];
  const text = withoutQuotes(arg ?? '');
  const ratio = text === '' ? 1 : Number(text);
  if (ratio >= 0 && ratio <= 1) return ratio;
  note(
    `has a bad ratio: ${SAMPLER_ARG} must be a number from 0 to 1; saw ${describeValue(arg)}; 1 is used`,
  );
  return 1;
}

/** The limit that each variable sets, strongest first: one about spans before the general one. */
const LIMITS_BY_VARIABLE: Readonly<Record<string, keyof SpanLimits>> = {
  OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: 'attributeCountLimit',
  OTEL_ATTRIBUTE_COUNT_LIMIT: 'attributeCountLimit',
  OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: 'attributeValueLengthLimit',
  OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: 'attributeValueLengthLimit',
  OTEL_SPAN_EVENT_COUNT_LIMIT: 'eventCountLimit',
  OTEL_SPAN_LINK_COUNT_LIMIT: 'linkCountLimit',
  OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT: 'attributePerEventCountLimit',
  OTEL_LINK_ATTRIBUTE_COUNT_LIMIT: 'attributePerLinkCountLimit',
};

export const SPAN_LIMIT_VARIABLES: readonly string[] = Object.keys(LIMITS_BY_VARIABLE);

/** Limits by name in code, copied; one limit of a variable. */
export function readSpanLimits(value: unknown, source: ValueSource): SpanLimits | undefined {
  const limit = LIMITS_BY_VARIABLE[source.name];
  if (limit !== undefined) {
    const digits = withoutQuotes(String(value));
    return /^\d+$/.test(digits)
      ? { [limit]: Number(digits) }
      : source.refuse(`must be a whole number, 0 or more; saw ${describeValue(value)}`);
  }
  if (!isRecord(value)) {
    return source.refuse(`must be an object of limits; saw ${describeType(value)}`);
  }
  const limits = Object.entries(value).filter(([, count]) => count !== undefined);
  const bad = limits.find(([, count]) => typeof count !== 'number' || !(count >= 0));
  return bad === undefined
    ? Object.fromEntries(limits)
    : source.refuse(
        `must have numbers from 0; "${asPrintable(bad[0], 60)}" is ${describeValue(bad[1])}`,
      );
}
