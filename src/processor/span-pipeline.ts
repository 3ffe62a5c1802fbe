import { TraceFlags } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { debug, warnOnce } from '../diagnostics.js';
import { CountedOnce } from '../integrations/counted-once.js';
import { LIVEKIT_SCOPE_NAME } from '../mapping/livekit-spans.js';
import { mapBareSpan, mapSpans } from '../mapping/map-span.js';
import type { MappedSpan } from '../mapping/mapped-span.js';
import type { MappingContext } from '../mapping/mapping-context.js';
import { asText } from '../mapping/read-attributes.js';
import type { LateMetrics } from '../metrics/late-metrics.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import type { Privacy } from '../privacy/privacy.js';
import { cutValues, redact } from '../privacy/redact.js';
import { CatalystAttr } from '../semconv/catalyst-attributes.js';
import { MeasuredSpan } from '../session/session-statistics.js';
import type { SpanNode } from '../session/span-node.js';
import { TRACER_NAME } from '../version.js';

export interface SpanPipelineParts {
  readonly resolved: ResolvedOptions;
  readonly privacy: Privacy;
  readonly metrics: LateMetrics;
  readonly next: SpanProcessor;
}

/** What happens to a span that is sent, in this order: map, count once, redact, hand on, measure. */
export class SpanPipeline {
  readonly #parts: SpanPipelineParts;
  readonly #maxValueLength: number;
  readonly #countedOnce = new CountedOnce();
  readonly #failed = new WeakSet<ReadableSpan>();
  sentSpans = 0;
  mappingFailures = 0;

  constructor(parts: SpanPipelineParts) {
    this.#parts = parts;
    // The SDK takes 0 for no limit.
    this.#maxValueLength = parts.resolved.spanLimits?.attributeValueLengthLimit || Infinity;
  }

  /** Whether a span is sampled, and of a scope that is exported. */
  accepts(span: ReadableSpan): boolean {
    if ((span.spanContext().traceFlags & TraceFlags.SAMPLED) === 0) return false;
    const { exportScopes } = this.#parts.resolved;
    const { name } = span.instrumentationScope;
    return exportScopes === 'all' || name === LIVEKIT_SCOPE_NAME || name === TRACER_NAME;
  }

  /**
   * Answers what the span was mapped to, before redaction, for the spans above; `undefined` of one
   * that is not sent.
   */
  send(span: ReadableSpan, node: SpanNode, context: MappingContext): MappedSpan | undefined {
    if (!node.isSent) return undefined;
    this.#parts.privacy.check(span.attributes);
    let last: MappedSpan | undefined;
    for (const each of this.#map(span, context)) {
      const mapped = this.#countedOnce.count(each);
      this.sentSpans += 1;
      const sent = this.#redact(mapped, span, context);
      this.#parts.next.onEnd(sent);
      if (!node.isMeasured) {
        this.#measure(new MeasuredSpan(mapped, withTenantOf(sent, context), node), node);
      }
      last = mapped;
    }
    node.isMeasured = true;
    return last;
  }

  /** Counts a span that could not be mapped, and says it the first time. */
  fail(error: unknown, span: ReadableSpan): void {
    if (this.#failed.has(span)) return;
    this.#failed.add(span);
    this.mappingFailures += 1;
    warnOnce('mapping_failed', 'A span could not be mapped and was sent without its attributes.');
    debug(`Mapping failed: ${error instanceof Error ? error.name : typeof error}`);
  }

  #map(span: ReadableSpan, context: MappingContext): readonly MappedSpan[] {
    try {
      return mapSpans(span, context, this.#parts.resolved);
    } catch (error) {
      this.fail(error, span);
      return [mapBareSpan(span, context)];
    }
  }

  #redact(mapped: MappedSpan, span: ReadableSpan, context: MappingContext): MappedSpan {
    try {
      const { privacy } = this.#parts;
      const isUnended = context.incomplete && span.instrumentationScope.name === LIVEKIT_SCOPE_NAME;
      const policy = isUnended ? privacy.policyOfUnended : privacy.policy;
      return cutValues(redact(mapped, policy), this.#maxValueLength);
    } catch (error) {
      this.fail(error, span);
      return mapBareSpan(span, context);
    }
  }

  #measure(measured: MeasuredSpan, node: SpanNode): void {
    try {
      node.session?.statistics.add(measured);
      node.job?.statistics.add(measured);
      this.#parts.metrics.add(measured);
    } catch (error) {
      warnOnce('not_measured', 'A span was sent and could not be measured: metrics miss it.');
      debug(`Measuring failed: ${error instanceof Error ? error.name : typeof error}`);
    }
  }
}

/** Metrics have the tenant as an attribute: as it is sent, or not at all. */
function withTenantOf(sent: MappedSpan, context: MappingContext): MappingContext {
  if (context.tenantId === undefined) return context;
  const tenantId = asText(sent.get(CatalystAttr.TENANT_ID));
  return tenantId === context.tenantId ? context : { ...context, tenantId };
}
