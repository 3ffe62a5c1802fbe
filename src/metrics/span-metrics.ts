import { SemanticConventions as S } from '@arizeai/openinference-semantic-conventions';
import { ROOT_CONTEXT, trace, type Attributes, type Context, type Meter } from '@opentelemetry/api';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { MappingContext } from '../mapping/mapping-context.js';
import type { MeasuredSpan } from '../session/session-statistics.js';
import {
  SESSION_INSTRUMENTS,
  SPAN_INSTRUMENTS,
  type Instrument,
  type MetricAttribute,
} from './instruments.js';

/** Adds one value to an instrument. The context says which span it is of, for exemplars. */
type RecordValue = (value: number, attributes: Attributes, context: Context) => void;

/** Adds what a span says to one instrument. */
type Measure = (span: MeasuredSpan, context: Context) => void;

/** Makes metrics of the spans that pass. It keeps nothing of a span. */
export class SpanMetrics {
  readonly #ofModelSpans: Measure[] = [];
  readonly #byName = new Map<string, Measure[]>();
  readonly #started: RecordValue;
  readonly #active: RecordValue;
  readonly #ended: readonly Measure[];

  constructor(meter: Meter, options: { readonly sessionDurationMillis: boolean }) {
    const { started, active, duration, durationMillis } = SESSION_INSTRUMENTS;
    this.#started = createRecorder(meter, started);
    this.#active = createRecorder(meter, active);
    const ended = options.sessionDurationMillis ? [duration, durationMillis] : [duration];
    this.#ended = ended.map((instrument) => createMeasure(meter, instrument));
    for (const instrument of SPAN_INSTRUMENTS) {
      const measure = createMeasure(meter, instrument);
      if (instrument.on === undefined) this.#ofModelSpans.push(measure);
      for (const name of instrument.on ?? []) {
        this.#byName.set(name, [...(this.#byName.get(name) ?? []), measure]);
      }
    }
  }

  /** A session has begun: an `agent_session`, or the job around it. */
  sessionStarted(tenantId: string | undefined): void {
    const attributes = tenantAttributes(tenantId);
    this.#started(1, attributes, ROOT_CONTEXT);
    this.#active(1, attributes, ROOT_CONTEXT);
  }

  add(span: MeasuredSpan): void {
    const context = trace.setSpanContext(ROOT_CONTEXT, span.span.spanContext());
    if (span.isModelSpan) for (const measure of this.#ofModelSpans) measure(span, context);
    const ofName = span.isLiveKit ? this.#byName.get(span.name) : undefined;
    if (ofName !== undefined) for (const measure of ofName) measure(span, context);
    if (!isSession(span)) return;
    this.#active(-1, tenantAttributes(span.context.tenantId), context);
    for (const measure of this.#ended) measure(span, context);
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

function createMeasure(meter: Meter, instrument: Instrument): Measure {
  const record = createRecorder(meter, instrument);
  const { value: valueOf, parts } = instrument;
  const values = Object.entries(parts?.values ?? {});
  return (span, context) => {
    const whole = valueOf?.(span);
    if (whole !== undefined) record(whole, attributesOf(instrument, span), context);
    for (const [part, partOf] of values) {
      const value = partOf(span);
      if (value !== undefined) record(value, attributesOf(instrument, span, part), context);
    }
  };
}

/** `part` is the value of the attribute that an instrument has parts of. */
function attributesOf(
  { attributes: names, parts }: Instrument,
  span: MeasuredSpan,
  part?: string,
): Attributes {
  const attributes: Attributes = {};
  for (const name of names) {
    const value = name === parts?.of ? part : READERS[name](span);
    if (value !== undefined) attributes[name] = value;
  }
  return attributes;
}

function tenantAttributes(tenantId: string | undefined): Attributes {
  return tenantId === undefined ? {} : { 'tenant.id': tenantId };
}

/** A job's session is the job; an `agent_session` is one where nothing was put around it. */
function isSession({ isLiveKit, name, context }: MeasuredSpan): boolean {
  if (context.job !== undefined) return true;
  return isLiveKit && name === LiveKitSpan.AGENT_SESSION && !context.isInJob;
}

type AttributeReader = (span: MeasuredSpan) => string | undefined;

/**
 * All of them have few values: no session, no user, no room,
 * and never a word that was said.
 */
const READERS: Readonly<Record<MetricAttribute, AttributeReader>> = {
  'tenant.id': ({ context }) => context.tenantId,
  /** How it ended, as its status says. */
  outcome: ({ hasFailed, context }) => {
    if (context.incomplete) return 'incomplete';
    return hasFailed ? 'failure' : 'success';
  },
  /** What went wrong, or `_OTHER`, as OpenTelemetry calls an error without a name. */
  'error.type': (span) => (span.hasFailed ? (span.text('error.type') ?? '_OTHER') : undefined),
  'gen_ai.agent.name': ({ context }) => context.agent?.name ?? context.agent?.id,
  'gen_ai.operation.name': (span) => span.text('gen_ai.operation.name') ?? 'chat',
  'gen_ai.provider.name': (span) =>
    span.text('gen_ai.provider.name') ??
    span.text('gen_ai.system') ??
    span.text(S.LLM_PROVIDER) ??
    span.text('voice.tts.provider'),
  'gen_ai.request.model': (span) =>
    span.context.model ?? span.text(S.LLM_MODEL_NAME) ?? span.text('voice.tts.model'),
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
  'voice.stt.model': ({ context }) => context.stt?.model,
  'voice.stt.provider': ({ context }) => context.stt?.provider,
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

function closeReason({ closing, job, incomplete }: MappingContext): string | undefined {
  if (incomplete) return 'incomplete';
  const reason = closing?.reason ?? job?.closeReason;
  return reason === undefined || CLOSE_REASONS.has(reason) ? reason : 'other';
}
