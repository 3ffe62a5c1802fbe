export type SpanAttributes = Readonly<Record<string, unknown>>;

/** A span as the page gets it, in JSON. Times are milliseconds since the epoch, with fractions. */
export interface PageSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly startMillis: number;
  readonly endMillis: number;
  readonly attributes: SpanAttributes;
  readonly events: readonly PageEvent[];
  readonly isError: boolean;
  readonly statusMessage: string;
}

export interface PageEvent {
  readonly name: string;
  readonly atMillis: number;
  readonly attributes: SpanAttributes;
}

/** One session in the list of the page. */
export interface SessionSummary {
  /** `session.id`, or the trace's id where spans have none. */
  readonly id: string;
  readonly serviceName: string;
  /** The first words of the user, or of the agent. */
  readonly title: string;
  readonly startMillis: number;
  readonly endMillis: number;
  readonly spans: number;
  readonly errors: number;
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** A root has arrived: sessions end with theirs. */
  readonly isComplete: boolean;
}

/** Spans of one session from a place in its order of arrival on. */
export interface SpanPage {
  readonly spans: readonly PageSpan[];
  /** Where the next ones will stand. */
  readonly next: number;
}
