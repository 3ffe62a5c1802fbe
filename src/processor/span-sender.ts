import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import { SpanStatusCode, type Attributes } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { SpanEncoder } from '../encoding/span-encoder.js';
import type { EncodedSpan, SpanRecord } from '../encoding/span-record.js';
import type { AttributeSink } from '../mapping/attribute-sink.js';
import { mapSpan, type MapSpanOptions, type SpanWords } from '../mapping/map-span.js';
import { mapSpanKind } from '../mapping/span-kind.js';
import type { Privacy } from '../privacy/privacy.js';
import { createMappedView } from './mapped-view.js';
import type { SpanToSend } from './span-to-send.js';

/** Where encoded spans go. Neither throws nor blocks. */
export interface EncodedSpanQueue {
  add(span: EncodedSpan): void;
}

export interface SpanSenderOptions {
  readonly mapping: MapSpanOptions;
  readonly privacy: Privacy;
  /** Without an endpoint there is nothing to encode for. */
  readonly output: { readonly encoder: SpanEncoder; readonly queue: EncodedSpanQueue } | undefined;
  /** Processors of the user's own: they get the mapped view of a span that ends. */
  readonly delegates: readonly SpanProcessor[];
  /** Told when a span is sent without its attributes because mapping them threw. */
  readonly onMappingFailure: (error: unknown) => void;
}

export const NO_WORDS: SpanWords = Object.freeze({ input: undefined, output: undefined });

/** Maps, redacts and encodes one span, once for each road that it takes. */
export class SpanSender {
  readonly #options: SpanSenderOptions;

  constructor(options: SpanSenderOptions) {
    this.#options = options;
  }

  /** Sends a span on every road and returns what it says in short. */
  send(raw: ReadableSpan, toSend: SpanToSend): SpanWords {
    const privacy = this.#options.privacy.forSpan(raw.attributes);
    const encoded = this.#encode(raw, toSend, privacy);
    const viewed = this.#show(raw, toSend, privacy);
    return encoded ?? viewed ?? NO_WORDS;
  }

  #encode(raw: ReadableSpan, toSend: SpanToSend, privacy: Privacy): SpanWords | undefined {
    const { output } = this.#options;
    if (output === undefined) return undefined;
    const { name, version } = raw.instrumentationScope;
    const scope = { name, version };
    let words: SpanWords | undefined;
    try {
      const record = privacy.guardRecord(toSend.record, mapSpanKind(toSend.input));
      const bytes = output.encoder.encodeSpan(record, (sink) => {
        words = this.#map(toSend, sink, privacy);
      });
      output.queue.add({ scope, bytes });
    } catch (error) {
      this.#options.onMappingFailure(error);
      const bytes = output.encoder.encodeSpan(bareRecord(toSend.record), (sink) =>
        putBare(toSend, sink),
      );
      output.queue.add({ scope, bytes });
    }
    return words;
  }

  #show(raw: ReadableSpan, toSend: SpanToSend, privacy: Privacy): SpanWords | undefined {
    const { delegates } = this.#options;
    if (delegates.length === 0) return undefined;
    let attributes: Attributes = {};
    let record = toSend.record;
    let words: SpanWords | undefined;
    try {
      record = privacy.guardRecord(record, mapSpanKind(toSend.input));
      words = this.#map(toSend, objectSink(attributes), privacy);
    } catch (error) {
      this.#options.onMappingFailure(error);
      attributes = {};
      record = bareRecord(toSend.record);
      putBare(toSend, objectSink(attributes));
    }
    const view = createMappedView(raw, record, attributes);
    for (const delegate of delegates) delegate.onEnd(view);
    return words;
  }

  #map({ input }: SpanToSend, sink: AttributeSink, privacy: Privacy): SpanWords {
    return mapSpan(input, privacy.guard(sink, mapSpanKind(input)), this.#options.mapping);
  }
}

/** The object sink: what a view holds, and the reference that the encoder is tested against. */
function objectSink(attributes: Attributes): AttributeSink {
  return {
    put: (key, value) => {
      attributes[key] = value;
    },
  };
}

/** What still goes out of a span whose mapping failed: that it was there, and whose it is. */
function putBare({ input }: SpanToSend, sink: AttributeSink): void {
  sink.put(SemanticConventions.OPENINFERENCE_SPAN_KIND, mapSpanKind(input), 'none');
  const { sessionId } = input.facts;
  if (sessionId !== undefined) sink.put(SemanticConventions.SESSION_ID, sessionId, 'none');
}

function bareRecord(record: SpanRecord): SpanRecord {
  const isError = record.status.code === SpanStatusCode.ERROR;
  return {
    ...record,
    status: { code: isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    events: [],
    links: [],
  };
}
