import { trace, type Tracer } from '@opentelemetry/api';
import { hrTimeToMilliseconds } from '@opentelemetry/core';
import { attempt, warnOnce } from '../diagnostics.js';
import { RoomWatch } from '../livekit/livekit-jobs.js';
import { LiveKitSpan } from '../mapping/livekit-spans.js';
import type { JobSummary } from '../mapping/mapping-context.js';
import { asText, isRecord } from '../mapping/read-attributes.js';
import { Attr, SpanKindValues } from '../semconv/attribute-keys.js';
import type { OpenSpan, OpenSpanHandle, SpanFunction } from '../spans/span-handle.js';
import { OptionReader, readIdentity, type SpanIdentityOptions } from '../spans/span-options.js';
import { openSpan, startSpan } from '../spans/start-span.js';
import { SessionsBelow } from './session.js';
import { SessionStatistics } from './session-statistics.js';
import { isSpanOfSdk } from './span-node.js';

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

/** A job that `tracing.job` put a span around: known to every span below. */
export class JobRecord {
  readonly tenantId: string | undefined;
  readonly sessions: SessionsBelow = new SessionsBelow();
  /** Counts what all spans of the job say, whatever session they are of. */
  readonly statistics: SessionStatistics = new SessionStatistics();
  isShutDown = false;
  /** Its entry function threw. */
  hasFailed = false;
  /** Sid of the room, which names the session where nothing else does. */
  readonly roomSid: string | undefined;
  readonly #roomName: string | undefined;
  readonly #room = new RoomWatch();

  /** What cannot be read of a context costs the job nothing else. */
  constructor(context: unknown, tenantId: string | undefined) {
    this.tenantId = tenantId;
    let sid: string | undefined;
    let name: string | undefined;
    attempt('Reading a job', () => {
      const { job, room }: Partial<TraceableJob> = isContext(context) ? context : {};
      sid = asText(job?.room?.sid);
      name = asText(job?.room?.name);
      this.#room.watch(room);
    });
    this.roomSid = sid;
    this.#roomName = name;
  }

  /** What the span of the job says of it when it ends. */
  summary(durationMillis: number): JobSummary {
    const { closeReason, participantKind, disconnectReason } = this.#room;
    const ownReason = this.isShutDown ? 'job_shutdown' : undefined;
    return {
      durationMillis: Math.max(0, Math.round(durationMillis)),
      closeReason: this.hasFailed ? 'error' : (closeReason ?? ownReason),
      participantKind,
      disconnectReason,
      roomName: this.#roomName,
      roomSid: this.roomSid,
    };
  }
}

/** What a set-up does for a job that gets a span around it. */
export interface JobHost {
  /** Makes the job known to the spans below its own, which has just started. */
  readonly begin: (spanId: string, job: JobRecord) => void;
  /** Has something done when the job ends, before what is left of it is flushed. */
  readonly beforeEnd: (context: TraceableJob, work: () => void) => void;
}

/** Creates the `job` method of a set-up. */
export function createTraceJob(tracer: Tracer, host: JobHost): TraceJob {
  function job<T>(context: TraceableJob, options: JobOptions, entry: SpanFunction<T>): Promise<T>;
  function job(context: TraceableJob, options?: JobOptions): OpenSpan;
  function job(
    context: TraceableJob,
    options: JobOptions = {},
    entry?: SpanFunction<unknown>,
  ): OpenSpan | Promise<unknown> {
    const reader = new OptionReader('tracing.job', options);
    const record = new JobRecord(context, reader.text('tenantId'));
    const span = openSpan(tracer, (usable) => {
      const opened = start(usable, reader);
      host.begin(opened.raw.spanContext().spanId, record);
      return opened;
    });
    let endsByItself = false;
    if (span.raw.isRecording()) {
      attempt('Waiting for the end of a job', () => {
        // JavaScript may pass anything; a job without a context still runs.
        if (!isContext(context)) return;
        // LiveKit runs it when the session has closed, and leaves the process after it.
        host.beforeEnd(context, () => {
          record.isShutDown = true;
          if (record.sessions.lastEnd?.failure !== undefined) span.markFailed();
          span.end();
        });
        endsByItself = true;
      });
      if (!endsByItself) {
        warnOnce(
          'job_without_context',
          'tracing.job() got no JobContext of LiveKit: its span ends with the entry function, or when you end it.',
        );
      }
    }
    return entry === undefined ? span : runEntry(span, record, endsByItself, entry);
  }
  return job;
}

function isContext(context: unknown): context is TraceableJob {
  return isRecord(context) && typeof context['addShutdownCallback'] === 'function';
}

function start(tracer: Tracer, reader: OptionReader): OpenSpan {
  return startSpan(tracer, {
    name: reader.text('spanName') ?? 'voice.session',
    kind: reader.otelKind(),
    attributes: { [Attr.SPAN_KIND]: SpanKindValues.AGENT },
    identity: readIdentity(reader, { id: ['agentId'], name: ['agentName'], role: ['agentRole'] }),
    isAgentRun: true,
    startMillis: entryStartMillis(),
  });
}

/** When LiveKit began the job that this is called in, where nothing else is active. */
function entryStartMillis(): number | undefined {
  const active = trace.getActiveSpan();
  return isSpanOfSdk(active) && active.name === LiveKitSpan.JOB_ENTRYPOINT
    ? hrTimeToMilliseconds(active.startTime)
    : undefined;
}

/** The entry function returns long before its job is over, and may fail: the span waits for the job. */
async function runEntry<T>(
  span: OpenSpan,
  record: JobRecord,
  endsByItself: boolean,
  entry: SpanFunction<T>,
): Promise<T> {
  try {
    return await span.activate(() => entry(span));
  } catch (error) {
    record.hasFailed = true;
    span.fail(error);
    throw error;
  } finally {
    if (!endsByItself) span.end();
  }
}
