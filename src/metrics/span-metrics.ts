import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { ROOT_CONTEXT, trace, type Attributes, type Context, type Meter } from '@opentelemetry/api';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { MappingContext } from '../mapping/mapping-context.js';
import type { MeasuredSpan } from '../session/session-statistics.js';
import {
  durationSeconds,
  INSTRUMENTS,
  SPAN_MEASUREMENTS,
  type Instrument,
  type MetricAttribute,
  type SpanMeasurement,
} from './instruments.js';

/** Adds one value to an instrument. The context says which span it is of, for exemplars. */
type RecordValue = (value: number, attributes: Attributes, context: Context) => void;

/** A measurement and the instrument that takes it. */
interface BoundMeasurement {
  readonly row: SpanMeasurement;
  readonly record: RecordValue;
}

/** Makes metrics of the spans that pass. It keeps nothing of a span. */
export class SpanMetrics {
  readonly #meter: Meter;
  readonly #recorders = new Map<Instrument, RecordValue>();
  readonly #ofModelSpans: BoundMeasurement[] = [];
  readonly #byName = new Map<string, BoundMeasurement[]>();
  readonly #started: RecordValue;
  readonly #active: RecordValue;
  readonly #ended: BoundMeasurement[];

  constructor(meter: Meter, options: { readonly sessionDurationMillis: boolean }) {
    this.#meter = meter;
    const { sessionsStarted, sessionsActive, sessionDuration, sessionDurationMillis } = INSTRUMENTS;
    this.#started = this.#recorderOf(sessionsStarted);
    this.#active = this.#recorderOf(sessionsActive);
    this.#ended = [this.#bind({ instrument: sessionDuration, value: durationSeconds })];
    if (options.sessionDurationMillis) {
      this.#ended.push(this.#bind({ instrument: sessionDurationMillis, value: durationMillis }));
    }
    for (const row of SPAN_MEASUREMENTS) {
      if (row.on === undefined) this.#ofModelSpans.push(this.#bind(row));
      for (const name of row.on ?? []) {
        this.#byName.set(name, [...(this.#byName.get(name) ?? []), this.#bind(row)]);
      }
    }
  }

  /** A session has begun: an `agent_session`, or the job around it. */
  sessionStarted(tenantId: string | undefined): void {
    const attributes = tenantAttributes(tenantId);
    this.#started(1, attributes, ROOT_CONTEXT);
    this.#active(1, attributes, ROOT_CONTEXT);
  }

  /** Adds what a span that was sent says. */
  add(span: MeasuredSpan): void {
    const context = trace.setSpanContext(ROOT_CONTEXT, span.span.spanContext());
    if (span.isModelSpan) addAll(this.#ofModelSpans, span, context);
    const ofName = span.isLiveKit ? this.#byName.get(span.name) : undefined;
    if (ofName !== undefined) addAll(ofName, span, context);
    if (!isSession(span)) return;
    this.#active(-1, tenantAttributes(span.context.tenantId), context);
    addAll(this.#ended, span, context);
  }

  #bind(row: SpanMeasurement): BoundMeasurement {
    return { row, record: this.#recorderOf(row.instrument) };
  }

  #recorderOf(instrument: Instrument): RecordValue {
    const known = this.#recorders.get(instrument) ?? createRecorder(this.#meter, instrument);
    this.#recorders.set(instrument, known);
    return known;
  }
}

function createRecorder(
  meter: Meter,
  { name, kind, unit, meaning, boundaries }: Instrument,
): RecordValue {
  const options = { unit, description: meaning };
  if (kind === 'histogram') {
    const advice = boundaries && { advice: { explicitBucketBoundaries: [...boundaries] } };
    const histogram = meter.createHistogram(name, { ...options, ...advice });
    return (value, attributes, context) => histogram.record(value, attributes, context);
  }
  const counter =
    kind === 'upDownCounter'
      ? meter.createUpDownCounter(name, options)
      : meter.createCounter(name, options);
  return (value, attributes, context) => counter.add(value, attributes, context);
}

function addAll(
  measurements: readonly BoundMeasurement[],
  span: MeasuredSpan,
  context: Context,
): void {
  for (const { row, record } of measurements) {
    const value = row.value(span);
    if (value !== undefined) record(value, attributesOf(row, span), context);
  }
}

function attributesOf({ instrument, fixed }: SpanMeasurement, span: MeasuredSpan): Attributes {
  const attributes: Attributes = {};
  for (const name of instrument.attributes) {
    const value = name === fixed?.[0] ? fixed[1] : READERS[name](span);
    if (value !== undefined) attributes[name] = value;
  }
  return attributes;
}

function tenantAttributes(tenantId: string | undefined): Attributes {
  return tenantId === undefined ? {} : { 'tenant.id': tenantId };
}

function durationMillis(span: MeasuredSpan): number {
  return span.durationMillis;
}

/** A job's session is the job; an `agent_session` is one where nothing was put around it. */
function isSession({ isLiveKit, name, context }: MeasuredSpan): boolean {
  if (context.job !== undefined) return true;
  return isLiveKit && name === LiveKitSpan.AGENT_SESSION && !context.isInJob;
}

/** Reads one attribute of a measurement; `undefined` leaves it out. */
type AttributeReader = (span: MeasuredSpan) => string | undefined;

const requestedModel: AttributeReader = (span) =>
  span.context.model ?? span.text(S.LLM_MODEL_NAME) ?? span.text('voice.tts.model');

/** What went wrong, or `_OTHER`, as OpenTelemetry calls an error without a name. */
const errorType: AttributeReader = (span) =>
  span.hasFailed ? (span.text('error.type') ?? '_OTHER') : undefined;

/** How it ended, as its status says. */
function outcome({ hasFailed, context }: MeasuredSpan): string {
  if (context.incomplete) return 'incomplete';
  return hasFailed ? 'failure' : 'success';
}

/**
 * All of them have few values: no session, no user, no room,
 * and never a word that was said.
 */
const READERS: Readonly<Record<MetricAttribute, AttributeReader>> = {
  'tenant.id': ({ context }) => context.tenantId,
  outcome,
  'error.type': errorType,
  'gen_ai.agent.name': ({ context }) => context.agent?.name ?? context.agent?.id,
  'gen_ai.operation.name': (span) => span.text('gen_ai.operation.name') ?? 'chat',
  'gen_ai.provider.name': (span) =>
    span.text('gen_ai.provider.name') ??
    span.text('gen_ai.system') ??
    span.text(S.LLM_PROVIDER) ??
    span.text('voice.tts.provider'),
  'gen_ai.request.model': requestedModel,
  'gen_ai.token.type': () => undefined,
  'voice.turn.part': () => undefined,
  'gen_ai.tool.name': (span) => span.text(S.TOOL_NAME),
  'llm.call_site': (span) => span.text('llm.call_site'),
  'llm.model': (span) => span.text(S.LLM_MODEL_NAME),
  'llm.provider': (span) => span.text(S.LLM_PROVIDER) ?? span.text('gen_ai.system'),
  'llm.use_case': (span) => span.text('llm.use_case'),
  reason: () => undefined,
  'voice.amd.category': (span) => span.text('voice.amd.category'),
  'voice.component': ({ name }) => (name.startsWith('tts') ? 'tts' : 'llm'),
  'voice.participant.kind': ({ context }) => context.job?.participantKind,
  'voice.session.close_reason': ({ context }) => closeReason(context),
  'voice.stt.model': ({ context }) => context.observed?.stt?.model,
  'voice.stt.provider': ({ context }) => context.observed?.stt?.provider,
};

/** Reasons that are counted by name; the application's own are `other`. */
const CLOSE_REASONS: ReadonlySet<string> = new Set([
  'error',
  'job_shutdown',
  'participant_disconnected',
  'user_initiated',
  'room_deleted',
  'room_closed',
  'participant_removed',
  'connection_lost',
  'sip_trunk_failure',
]);

function closeReason({ observed, job, incomplete }: MappingContext): string | undefined {
  if (incomplete) return 'incomplete';
  const reason = observed?.closing?.reason ?? job?.closeReason;
  return reason === undefined || CLOSE_REASONS.has(reason) ? reason : 'other';
}
