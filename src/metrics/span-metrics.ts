import {
  OpenInferenceSpanKind,
  SemanticConventions as S,
} from '@arizeai/openinference-semantic-conventions';
import { ROOT_CONTEXT, trace, type Context, type Meter } from '@opentelemetry/api';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { MeasuredSpan } from '../session/measured-span.js';
import { AttributeSets } from './attribute-sets.js';
import { Instruments, type RecordValue } from './instruments.js';
import { attributeSetsOf } from './metric-attributes.js';
import type { Instrument, SpanMeasurement } from './metric-row.js';
import { INSTRUMENTS } from './metric-table.js';
import { durationSeconds, SPAN_MEASUREMENTS } from './span-measurements.js';

type SpanAttributes = AttributeSets<MeasuredSpan>;

interface BoundMeasurement {
  readonly value: SpanMeasurement['value'];
  readonly record: RecordValue;
  readonly attributes: SpanAttributes;
}

/** Makes metrics of the spans that pass. Neither throws nor keeps anything of a span. */
export class SpanMetrics {
  readonly #instruments: Instruments;
  readonly #attributes = new Map<Instrument['attributes'], SpanAttributes>();
  readonly #tenants = new AttributeSets<string | undefined>([['tenant.id', (id) => id]]);
  readonly #ofModelCalls: readonly BoundMeasurement[];
  readonly #byName = new Map<string, BoundMeasurement[]>();
  readonly #started: RecordValue;
  readonly #active: RecordValue;
  readonly #ended: readonly BoundMeasurement[];

  constructor(meter: Meter, options: { readonly sessionDurationMillis: boolean }) {
    this.#instruments = new Instruments(meter);
    const { sessionsStarted, sessionsActive, sessionDuration, sessionDurationMillis } = INSTRUMENTS;
    this.#started = this.#instruments.recorderOf(sessionsStarted);
    this.#active = this.#instruments.recorderOf(sessionsActive);
    const millis = { instrument: sessionDurationMillis, value: durationMillis };
    this.#ended = [
      { instrument: sessionDuration, value: durationSeconds },
      ...(options.sessionDurationMillis ? [millis] : []),
    ].map((row) => this.#bind(row));
    this.#ofModelCalls = SPAN_MEASUREMENTS.filter(({ on }) => on === undefined).map((row) =>
      this.#bind(row),
    );
    for (const row of SPAN_MEASUREMENTS) {
      for (const name of row.on ?? []) {
        this.#byName.set(name, [...(this.#byName.get(name) ?? []), this.#bind(row)]);
      }
    }
    this.#instruments.start();
  }

  /** A session has begun: an `agent_session`, or the job around it. */
  sessionStarted(tenantId: string | undefined): void {
    const attributes = this.#tenants.of(tenantId);
    this.#started(1, attributes, ROOT_CONTEXT);
    this.#active(1, attributes, ROOT_CONTEXT);
  }

  /** Adds what a span that was sent says. */
  add(span: MeasuredSpan): void {
    const context = trace.setSpanContext(ROOT_CONTEXT, span.span.spanContext());
    if (isModelSpan(span)) addAll(this.#ofModelCalls, span, context);
    const ofName = span.isLiveKit ? this.#byName.get(span.name) : undefined;
    if (ofName !== undefined) addAll(ofName, span, context);
    if (!isSession(span)) return;
    this.#active(-1, this.#tenants.of(span.context.tenantId), context);
    addAll(this.#ended, span, context);
  }

  /** Reports no longer. */
  stop(): void {
    this.#instruments.stop();
  }

  #bind({ instrument, value, fixed }: SpanMeasurement): BoundMeasurement {
    const record = this.#instruments.recorderOf(instrument);
    const { attributes: names } = instrument;
    if (fixed !== undefined) return { value, record, attributes: attributeSetsOf(names, fixed) };
    const attributes = this.#attributes.get(names) ?? attributeSetsOf(names, undefined);
    this.#attributes.set(names, attributes);
    return { value, record, attributes };
  }
}

function addAll(
  measurements: readonly BoundMeasurement[],
  span: MeasuredSpan,
  context: Context,
): void {
  for (const { value, record, attributes } of measurements) {
    const measured = value(span);
    if (measured !== undefined) record(measured, attributes.of(span), context);
  }
}

function durationMillis(span: MeasuredSpan): number {
  return span.durationMillis;
}

function isModelSpan(span: MeasuredSpan): boolean {
  return span.text(S.OPENINFERENCE_SPAN_KIND) === OpenInferenceSpanKind.LLM;
}

/** A job's session is the job; an `agent_session` is one where nothing was put around it. */
function isSession({ isLiveKit, name, context }: MeasuredSpan): boolean {
  if (context.job !== undefined) return true;
  return isLiveKit && name === LiveKitSpan.AGENT_SESSION && !context.isInJob;
}
