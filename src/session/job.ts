import type { Tracer } from '@opentelemetry/api';
import { warnOnce } from '../diagnostics.js';
import { RoomWatch } from '../livekit/livekit-jobs.js';
import type { JobSummary } from '../mapping/mapping-context.js';
import { asText, isRecord } from '../mapping/read-attributes.js';
import { Attr, SpanKindValues } from '../semconv/attribute-keys.js';
import type { OpenSpan, OpenSpanHandle, SpanFunction } from '../spans/span-handle.js';
import { OptionReader, readIdentity, type SpanIdentityOptions } from '../spans/span-options.js';
import { openSpan, startSpan } from '../spans/start-span.js';
import { SessionStatistics } from './session-statistics.js';

/** What `tracing.job` needs of LiveKit's `JobContext`, described by its shape. */
export interface TraceableJob {
  readonly job?: {
    readonly id?: string;
    readonly room?: { readonly sid?: string; readonly name?: string };
  };
  readonly room?: unknown;
  addShutdownCallback(callback: () => Promise<void>): void;
}

/** Whose job it is. All spans of the job inherit it; a value that cannot be used is left out. */
export interface JobOptions extends SpanIdentityOptions {
  /**
   * Whose customer is served: `tenant.id` of every span and every metric of the job.
   *
   * @default unset
   * @example 't-1'
   */
  readonly tenantId?: string | undefined;
  /**
   * Name of the span.
   *
   * @default voice.session
   * @example 'support.call'
   */
  readonly spanName?: string | undefined;
}

/** `tracing.job`: see `CatalystTracing`. */
export interface TraceJob {
  <T>(context: TraceableJob, options: JobOptions, entry: SpanFunction<T>): Promise<T>;
  (context: TraceableJob, options?: JobOptions): OpenSpanHandle;
}

/** What is asked of a job. */
export interface JobWatch {
  /** Sid of the room, which names the session where nothing else does. */
  readonly roomSid: string | undefined;
  /** What the span of the job says of it when it ends. */
  summary(durationMillis: number): JobSummary;
}

/** A job that `tracing.job` put a span around: known to every span below. */
export class JobRecord {
  readonly tenantId: string | undefined;
  readonly roomSid: string | undefined;
  /** Counts what all spans of the job say, whatever session they are of. */
  readonly statistics: SessionStatistics = new SessionStatistics();
  readonly #startMillis: number;
  readonly #watch: JobWatch;

  constructor(startMillis: number, tenantId: string | undefined, watch: JobWatch) {
    this.tenantId = tenantId;
    this.roomSid = watch.roomSid;
    this.#startMillis = startMillis;
    this.#watch = watch;
  }

  summaryAt(endMillis: number): JobSummary {
    return this.#watch.summary(Math.max(0, Math.round(endMillis - this.#startMillis)));
  }
}

const DEFAULT_SPAN_NAME = 'voice.session';
const CALLER = 'tracing.job';

/** What a set-up does for a job that gets a span around it. */
export interface JobHost {
  readonly tracer: Tracer;
  /** When LiveKit began the job, in milliseconds since the epoch; `undefined` outside of one. */
  readonly entryStartMillis: () => number | undefined;
  /** Makes the job known to the spans below its own, which has just started. */
  readonly begin: (spanId: string, tenantId: string | undefined, watch: JobWatch) => void;
  /** Whether the session of the job, whose span is open, failed. */
  readonly hasFailed: (spanId: string) => boolean;
  /** Has something done when the job ends, before what is left of it is flushed. */
  readonly beforeEnd: (job: TraceableJob, work: () => void) => void;
}

/** Creates the `job` method of a set-up. */
export function createTraceJob(host: JobHost): TraceJob {
  function job<T>(context: TraceableJob, options: JobOptions, entry: SpanFunction<T>): Promise<T>;
  function job(context: TraceableJob, options?: JobOptions): OpenSpan;
  function job(
    context: TraceableJob,
    options: JobOptions = {},
    entry?: SpanFunction<unknown>,
  ): OpenSpan | Promise<unknown> {
    const ending = new JobEnding(context);
    const span = openSpan(host.tracer, (tracer) => start(tracer, host, options, ending));
    const endsByItself = span.raw.isRecording() && endWithJob(host, context, span, ending);
    return entry === undefined ? span : runEntry(span, ending, endsByItself, entry);
  }
  return job;
}

/** What the shutdown callback, the entry function and the room say of the end. */
class JobEnding implements JobWatch {
  readonly roomSid: string | undefined;
  isShutDown = false;
  hasFailed = false;
  readonly #roomName: string | undefined;
  readonly #room: RoomWatch;

  constructor(context: TraceableJob) {
    // JavaScript may pass anything; a job without a context still runs.
    const { job, room }: Partial<TraceableJob> = isContext(context) ? context : {};
    this.roomSid = asText(job?.room?.sid);
    this.#roomName = asText(job?.room?.name);
    this.#room = new RoomWatch(room);
  }

  summary(durationMillis: number): JobSummary {
    const { closeReason, participantKind, disconnectReason } = this.#room;
    return {
      durationMillis,
      closeReason: this.hasFailed
        ? 'error'
        : (closeReason ?? (this.isShutDown ? 'job_shutdown' : undefined)),
      participantKind,
      disconnectReason,
      roomName: this.#roomName,
      roomSid: this.roomSid,
    };
  }
}

function isContext(context: unknown): context is TraceableJob {
  return isRecord(context) && typeof context['addShutdownCallback'] === 'function';
}

function start(tracer: Tracer, host: JobHost, options: JobOptions, ending: JobEnding): OpenSpan {
  const reader = new OptionReader(CALLER, options);
  const span = startSpan(tracer, {
    name: reader.text('spanName') ?? DEFAULT_SPAN_NAME,
    kind: reader.otelKind(),
    attributes: { [Attr.SPAN_KIND]: SpanKindValues.AGENT },
    identity: readIdentity(reader, { id: ['agentId'], name: ['agentName'], role: ['agentRole'] }),
    isAgentRun: true,
    startMillis: host.entryStartMillis(),
  });
  host.begin(span.raw.spanContext().spanId, reader.text('tenantId'), ending);
  return span;
}

/** LiveKit runs shutdown callbacks when the session has closed, and leaves the process after them. */
function endWithJob(
  host: JobHost,
  context: TraceableJob,
  span: OpenSpan,
  ending: JobEnding,
): boolean {
  if (!isContext(context)) {
    warnOnce(
      'job_without_context',
      'tracing.job() got no JobContext of LiveKit: its span ends with the entry function, or when you end it.',
    );
    return false;
  }
  host.beforeEnd(context, () => {
    ending.isShutDown = true;
    if (host.hasFailed(span.raw.spanContext().spanId)) span.markFailed();
    span.end();
  });
  return true;
}

/** The entry function returns long before its job is over, and may fail: the span waits for the job. */
async function runEntry<T>(
  span: OpenSpan,
  ending: JobEnding,
  endsByItself: boolean,
  entry: SpanFunction<T>,
): Promise<T> {
  try {
    return await span.activate(() => entry(span));
  } catch (error) {
    ending.hasFailed = true;
    span.fail(error);
    throw error;
  } finally {
    if (!endsByItself) span.end();
  }
}
