import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import { SpanStatusCode, type AttributeValue } from '@opentelemetry/api';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { SpanEncoder } from '../encoding/span-encoder.js';
import type { EncodedSpan, ScopeRecord, SpanRecord } from '../encoding/span-record.js';
import type { AttributeSink, ContentClass } from '../mapping/attribute-sink.js';
import { mapSpan, type MapSpanOptions, type SpanWords } from '../mapping/map-span.js';
import { mapSpanKind } from '../mapping/span-kind.js';
import type { Privacy } from '../privacy/privacy.js';
import { createMappedView } from './mapped-view.js';
import type { SpanToSend } from './span-to-send.js';

/** Where encoded spans go. Neither throws nor blocks. */
export interface EncodedSpanQueue {
  add(span: EncodedSpan): void;
}

/** Where spans become bytes, and where these go. */
export interface SpanOutput {
  readonly encoder: SpanEncoder;
  readonly queue: EncodedSpanQueue;
}

export interface SpanSenderOptions {
  readonly mapping: MapSpanOptions;
  readonly privacy: Privacy;
  /** Without an endpoint there is nothing to encode for. */
  readonly output: SpanOutput | undefined;
  /** Processors of the user's own: they get the mapped view of a span that ends. */
  readonly delegates: readonly SpanProcessor[];
  /** Told when a span is sent without its attributes because mapping them threw. */
  readonly onMappingFailure: (error: unknown) => void;
}

export const NO_WORDS: SpanWords = Object.freeze({ input: undefined, output: undefined });

type Put = readonly [key: string, value: AttributeValue, content: ContentClass];

/** A span mapped and redacted, to be written on more than one road. */
interface FinishedSpan {
  readonly record: SpanRecord;
  readonly puts: readonly Put[];
  readonly words: SpanWords;
}

/** Maps, redacts and encodes one span: each once, however many roads it takes. */
export class SpanSender {
  readonly #options: SpanSenderOptions;

  constructor(options: SpanSenderOptions) {
    this.#options = options;
  }

  /** Sends a span on every road and returns what it says in short. */
  send(raw: ReadableSpan, toSend: SpanToSend): SpanWords {
    const { delegates, output } = this.#options;
    const privacy = this.#options.privacy.forSpan(raw.attributes);
    // The hot path: nothing is kept of what the mapping puts.
    if (delegates.length === 0) {
      return output === undefined ? NO_WORDS : this.#stream(raw, toSend, privacy, output);
    }
    const finished = this.#finish(toSend, privacy);
    if (output !== undefined) enqueue(raw, finished, output);
    const attributes = Object.fromEntries(finished.puts);
    const view = createMappedView(raw, finished.record, attributes);
    for (const delegate of delegates) delegate.onEnd(view);
    return finished.words;
  }

  /** From the mapping straight into bytes. */
  #stream(raw: ReadableSpan, toSend: SpanToSend, privacy: Privacy, output: SpanOutput): SpanWords {
    let words = NO_WORDS;
    try {
      const record = privacy.guardRecord(toSend.record, mapSpanKind(toSend.input));
      const bytes = output.encoder.encodeSpan(record, (sink) => {
        words = this.#map(toSend, sink, privacy);
      });
      output.queue.add({ scope: scopeOf(raw), bytes });
    } catch (error) {
      this.#options.onMappingFailure(error);
      enqueue(raw, bareSpan(toSend, privacy), output);
    }
    return words;
  }

  /** Into a list that every road reads: a `redact` hook sees each value once. */
  #finish(toSend: SpanToSend, privacy: Privacy): FinishedSpan {
    try {
      const record = privacy.guardRecord(toSend.record, mapSpanKind(toSend.input));
      const puts: Put[] = [];
      const words = this.#map(toSend, { put: (...put) => puts.push(put) }, privacy);
      return { record, puts, words };
    } catch (error) {
      this.#options.onMappingFailure(error);
      return bareSpan(toSend, privacy);
    }
  }

  #map({ input }: SpanToSend, sink: AttributeSink, privacy: Privacy): SpanWords {
    return mapSpan(input, privacy.guard(sink, mapSpanKind(input)), this.#options.mapping);
  }
}

function enqueue(raw: ReadableSpan, { record, puts }: FinishedSpan, output: SpanOutput): void {
  const bytes = output.encoder.encodeSpan(record, (sink) => {
    for (const put of puts) sink.put(...put);
  });
  output.queue.add({ scope: scopeOf(raw), bytes });
}

function scopeOf({ instrumentationScope: { name, version } }: ReadableSpan): ScopeRecord {
  return { name, version };
}

/** What still goes out of a span whose mapping failed: that it was there, and whose it is. */
function bareSpan({ input, record }: SpanToSend, privacy: Privacy): FinishedSpan {
  const kind = mapSpanKind(input);
  const { sessionId } = input.facts;
  const puts: Put[] = [[SemanticConventions.OPENINFERENCE_SPAN_KIND, kind, 'none']];
  if (sessionId !== undefined) puts.push([SemanticConventions.SESSION_ID, sessionId, 'none']);
  return { record: bareRecord(record, kind, privacy), puts, words: NO_WORDS };
}

function bareRecord(record: SpanRecord, kind: string, privacy: Privacy): SpanRecord {
  const isError = record.status.code === SpanStatusCode.ERROR;
  const bare: SpanRecord = {
    ...record,
    status: { code: isError ? SpanStatusCode.ERROR : SpanStatusCode.UNSET },
    events: [],
    links: [],
  };
  try {
    return privacy.guardRecord(bare, kind);
  } catch {
    // The name is all that is left to mask.
    return { ...bare, name: kind };
  }
}
