import type {
  Sampler,
  SpanExporter,
  SpanLimits,
  SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { asPrintable } from '../diagnostics.js';
import type { JsonRecord } from '../mapping/read-attributes.js';
import { asJsonRecord } from '../spans/serialize-value.js';
import { describeType, describeValue } from './describe-value.js';
import { INSTRUMENTED_MODULE_NAMES, type InstrumentedModules } from './instrumented-modules.js';
import type { Reading } from './option-row.js';
import type { SessionIdOption } from './setup-options.js';

/** Modules by SDK name, copied. `null` is left out: a module that failed to load is no mistake. */
export function readModulesOption(value: unknown): Reading<InstrumentedModules> {
  if (!isRecord(value)) {
    return { problem: `must be an object of SDK modules; saw ${describeType(value)}` };
  }
  const given = Object.entries(value).filter(([, sdk]) => sdk !== undefined && sdk !== null);
  const unknown = given
    .map(([name]) => name)
    .filter((name) => !Object.hasOwn(INSTRUMENTED_MODULE_NAMES, name));
  const modules: InstrumentedModules = Object.freeze(Object.fromEntries(given));
  return unknown.length === 0
    ? { value: modules }
    : {
        value: modules,
        note: `has names that are not known: ${asPrintable(unknown.join(', '), 200)}`,
      };
}

/** Metadata, copied as what JSON can say of it: it is written anew on every span. */
export function readMetadataOption(value: unknown): Reading<JsonRecord> {
  const record = asJsonRecord(value);
  return record === undefined
    ? { problem: `must be an object; saw ${describeType(value)}` }
    : { value: Object.freeze(record) };
}

/** A session id, or the function that gives one. */
export function readSessionIdOption(value: unknown): Reading<SessionIdOption> {
  if (typeof value === 'string') return { value: value.trim() };
  return isSessionIdFunction(value)
    ? { value }
    : { problem: `must be a string or a function; saw ${describeValue(value)}` };
}

/** A sampler of the OpenTelemetry SDK. */
export function readSamplerOption(value: unknown): Reading<Sampler> {
  return isSampler(value)
    ? { value }
    : { problem: `must be a Sampler of OpenTelemetry; saw ${describeType(value)}` };
}

/** Span limits, copied: numbers by name. */
export function readSpanLimitsOption(value: unknown): Reading<SpanLimits> {
  if (!isRecord(value) || Array.isArray(value)) {
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

/** Span processors of the OpenTelemetry SDK, the list copied. */
export function readSpanProcessorsOption(value: unknown): Reading<readonly SpanProcessor[]> {
  return readList(value, isSpanProcessor, 'SpanProcessor');
}

/** Span exporters of the OpenTelemetry SDK, the list copied. */
export function readExportersOption(value: unknown): Reading<readonly SpanExporter[]> {
  return readList(value, isSpanExporter, 'SpanExporter');
}

/** Whether properties can be read of it by any name. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function readList<T>(
  value: unknown,
  isItem: (item: unknown) => item is T,
  type: string,
): Reading<readonly T[]> {
  if (!Array.isArray(value)) {
    return { problem: `must be an array of ${type}s; saw ${describeType(value)}` };
  }
  const items: readonly unknown[] = value;
  const good = items.filter(isItem);
  return good.length === items.length
    ? { value: Object.freeze(good) }
    : {
        problem: `must be an array of ${type}s; item ${items.findIndex((item) => !isItem(item))} is none`,
      };
}

function hasMethods(value: unknown, ...names: readonly string[]): boolean {
  return isRecord(value) && names.every((name) => typeof value[name] === 'function');
}

function isSampler(value: unknown): value is Sampler {
  return hasMethods(value, 'shouldSample', 'toString');
}

function isSpanProcessor(value: unknown): value is SpanProcessor {
  return hasMethods(value, 'onStart', 'onEnd', 'forceFlush', 'shutdown');
}

function isSpanExporter(value: unknown): value is SpanExporter {
  return hasMethods(value, 'export', 'shutdown');
}

function isSessionIdFunction(value: unknown): value is () => string | undefined {
  return typeof value === 'function';
}
