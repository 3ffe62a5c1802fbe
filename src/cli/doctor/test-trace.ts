import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { SpanKind, SpanStatusCode, TraceFlags } from '@opentelemetry/api';
import { createEncoder, resolveDeliverySettings } from '../../export/delivery-processor.js';
import { createCollector } from '../../export/collector.js';
import type { HttpAnswer } from '../../http/answer-reader.js';
import { Cancellation } from '../../http/cancellation.js';
import { HttpFailure } from '../../http/http-failure.js';
import { Attr, SpanKindValues } from '../../semconv/attribute-keys.js';
import type { ResolvedOptions } from '../../options/resolve-options.js';
import { createResource } from '../../provider/catalyst-tracer-provider.js';
import { TRACER_NAME, VERSION } from '../../version.js';

/** How the trace is packed; the doctor tries other ways when the configured one is refused. */
export interface Packing {
  readonly protocol: ResolvedOptions['protocol'];
  readonly compression: ResolvedOptions['compression'];
}

/** An answer, or the failure that came instead of one. */
export type Attempt =
  | { readonly kind: 'answer'; readonly answer: HttpAnswer }
  | { readonly kind: 'failure'; readonly code: string; readonly error: unknown };

export interface TestTrace {
  readonly traceId: string;
  /** Sends it over the very way that spans take: same headers, proxy, certificates, deadline. */
  send(packing: Packing): Promise<Attempt>;
  close(): void;
}

/** A trace of one span, for the collector that the options name; `undefined` when they name none. */
export function createTestTrace(resolved: ResolvedOptions): TestTrace | undefined {
  const settings = resolveDeliverySettings(resolved);
  if (settings === undefined) return undefined;
  const collector = createCollector(settings, { warnOnce: () => {}, debug: () => {} });
  const traceId = randomBytes(16).toString('hex');
  return {
    traceId,
    async send({ protocol, compression }) {
      const { contentType, body } = encode(resolved, protocol, traceId);
      const isZipped = compression === 'gzip';
      const headers = {
        ...collector.headers,
        'content-type': contentType,
        ...(isZipped && { 'content-encoding': 'gzip' }),
      };
      try {
        // Zipped however short it is, because the traces of sessions will be.
        const bytes = isZipped ? gzipSync(body) : body;
        const answer = await collector.client.post(
          { pieces: [bytes], bytes: bytes.length },
          headers,
          new Cancellation(),
        );
        return { kind: 'answer', answer };
      } catch (error) {
        if (!(error instanceof HttpFailure)) throw error;
        return { kind: 'failure', code: error.code, error: error.cause };
      }
    },
    close: () => collector.client.close(),
  };
}

function encode(
  resolved: ResolvedOptions,
  protocol: Packing['protocol'],
  traceId: string,
): { readonly contentType: string; readonly body: Buffer } {
  const encoder = createEncoder(protocol, createResource(resolved.resourceAttributes));
  const seconds = Math.floor(Date.now() / 1000);
  const bytes = encoder.encodeSpan(
    {
      name: 'catalyst-tracing doctor',
      kind: SpanKind.INTERNAL,
      spanContext: {
        traceId,
        spanId: randomBytes(8).toString('hex'),
        traceFlags: TraceFlags.SAMPLED,
      },
      parentSpanContext: undefined,
      startTime: [seconds, 0],
      endTime: [seconds, 1_000_000],
      status: { code: SpanStatusCode.UNSET },
      events: [],
      links: [],
      droppedAttributesCount: 0,
      droppedEventsCount: 0,
      droppedLinksCount: 0,
    },
    (sink) => {
      sink.put(Attr.SPAN_KIND, SpanKindValues.CHAIN);
      sink.put(Attr.SESSION_ID, 'catalyst-tracing-doctor');
    },
  );
  const scope = { name: TRACER_NAME, version: VERSION };
  return {
    contentType: encoder.contentType,
    body: Buffer.concat(encoder.frameRequest([{ scope, bytes }])),
  };
}
