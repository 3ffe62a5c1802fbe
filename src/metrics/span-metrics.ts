import {
  OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { ROOT_CONTEXT, trace, type Attributes, type Context, type Meter } from '@opentelemetry/api';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { MeasuredSpan } from '../summary/measured-span.js';
import { Instruments, type RecordValue } from './instruments.js';
import { readMetricAttributes } from './metric-attributes.js';
import type { Instrument, SpanMeasurement } from './metric-row.js';
import { INSTRUMENTS } from './metric-table.js';
import { SPAN_MEASUREMENTS } from './span-measurements.js';

interface BoundMeasurement extends SpanMeasurement {
  readonly record: RecordValue;
}

/** Makes metrics of the spans that pass. Neither throws nor keeps anything of a span. */
export class SpanMetrics {
  readonly #instruments: Instruments;
  readonly #ofModelCalls: readonly BoundMeasurement[];
  readonly #byName = new Map<string, BoundMeasurement[]>();
  readonly #started: RecordValue;
  readonly #active: RecordValue;
  readonly #durations: readonly { readonly record: RecordValue; readonly perSecond: number }[];

  constructor(meter: Meter, options: { readonly sessionDurationMillis: boolean }) {
    this.#instruments = new Instruments(meter);
    const recordOf = (row: Instrument): RecordValue => this.#instruments.recorderOf(row);
    const bound = SPAN_MEASUREMENTS.map((measurement) => ({
      ...measurement,
      record: recordOf(measurement.instrument),
    }));
    this.#ofModelCalls = bound.filter(({ on }) => on === undefined);
    for (const measurement of bound) {
      for (const name of measurement.on ?? []) {
        this.#byName.set(name, [...(this.#byName.get(name) ?? []), measurement]);
      }
    }
    this.#started = recordOf(INSTRUMENTS.sessionsStarted);
    this.#active = recordOf(INSTRUMENTS.sessionsActive);
    this.#durations = [
      { record: recordOf(INSTRUMENTS.sessionDuration), perSecond: 1 },
      ...(options.sessionDurationMillis
        ? [{ record: recordOf(INSTRUMENTS.sessionDurationMillis), perSecond: 1000 }]
        : []),
    ];
  }

  /** A session has begun: an `agent_session`, or the job around it. */
  sessionStarted(tenantId: string | undefined): void {
    const attributes = tenantAttributes(tenantId);
    this.#started(1, attributes, ROOT_CONTEXT);
    this.#active(1, attributes, ROOT_CONTEXT);
  }

  /** Adds what a span that was sent says. */
  add(span: MeasuredSpan): void {
    const ofName = span.isLiveKit ? this.#byName.get(span.name) : undefined;
    const isSessionEnd = isSession(span);
    const mayBeCall = isModelSpan(span);
    // Most spans are of no metric at all.
    if (ofName === undefined && !isSessionEnd && !mayBeCall) return;
    const context = trace.setSpanContext(ROOT_CONTEXT, span.spanContext);
    if (mayBeCall) this.#addAll(this.#ofModelCalls, span, context);
    if (ofName !== undefined) this.#addAll(ofName, span, context);
    if (isSessionEnd) this.#endSession(span, context);
  }

  /** Reports no longer. */
  stop(): void {
    this.#instruments.stop();
  }

  #addAll(measurements: readonly BoundMeasurement[], span: MeasuredSpan, context: Context): void {
    let names: Instrument['attributes'] | undefined;
    let attributes: Attributes = {};
    for (const { instrument, value, fixed, record } of measurements) {
      const measured = value(span);
      if (measured === undefined) continue;
      // Neighbours in the table share their attributes.
      if (names !== instrument.attributes) {
        names = instrument.attributes;
        attributes = readMetricAttributes(names, span);
      }
      record(
        measured,
        fixed === undefined ? attributes : { ...attributes, [fixed[0]]: fixed[1] },
        context,
      );
    }
  }

  #endSession(span: MeasuredSpan, context: Context): void {
    this.#active(-1, tenantAttributes(span.facts.tenantId), context);
    const attributes = readMetricAttributes(INSTRUMENTS.sessionDuration.attributes, span);
    if (span.facts.observed?.closing?.reason === 'error') attributes['outcome'] = 'failure';
    if (span.facts.incomplete) attributes['outcome'] = 'incomplete';
    for (const { record, perSecond } of this.#durations) {
      record((span.durationMillis / 1000) * perSecond, attributes, context);
    }
  }
}

function isModelSpan({ figures }: MeasuredSpan): boolean {
  return figures.text(S.OPENINFERENCE_SPAN_KIND) === OpenInferenceSpanKind.LLM;
}

/** A job's session is the job; an `agent_session` is one where nothing was put around it. */
function isSession({ isLiveKit, name, facts }: MeasuredSpan): boolean {
  if (facts.job !== undefined) return true;
  return isLiveKit && name === LiveKitSpan.AGENT_SESSION && !facts.isInJob;
}

function tenantAttributes(tenantId: string | undefined): Attributes {
  return tenantId === undefined ? {} : { 'tenant.id': tenantId };
}
