import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { SpanEncoder } from '../export/span-encoder.js';
import type { EncodedSpan, ScopeRecord } from '../export/span-record.js';
import { ConversationHistories } from '../history/conversation-histories.js';
import type { AttributeSink } from '../mapping/attribute-sink.js';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan } from '../mapping/livekit-spans.js';
import { mapSpan, type MapSpanOptions } from '../mapping/map-span.js';
import type { SpanInput } from '../mapping/span-input.js';
import type { Privacy } from '../privacy/privacy.js';
import { carriesFigures } from '../session/figure-spans.js';
import { SpanFigures } from '../session/span-figures.js';
import { finishBare } from './bare-span.js';
import type { Delegates } from './delegates.js';
import { NO_WORDS, type FinishedSpan, type Put, type SentWords } from './finished-span.js';
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
  readonly delegates: Delegates;
  /** Whether metrics are made: then figures are asked for even of a span that goes nowhere. */
  readonly measures: boolean;
  /** Told when a span is sent without its attributes because mapping them threw. */
  readonly onMappingFailure: (error: unknown, raw: ReadableSpan) => void;
}

/** Maps, redacts and encodes one span: each once, however many roads it takes. */
export class SpanSender {
  readonly #options: SpanSenderOptions;
  readonly #histories = new ConversationHistories();
  readonly #mapping: MapSpanOptions;
  #sent = 0;

  constructor(options: SpanSenderOptions) {
    this.#options = options;
    this.#mapping = { ...options.mapping, histories: this.#histories };
  }

  /** Spans sent so far, on whatever road. */
  get sent(): number {
    return this.#sent;
  }

  /** Sends a span on every road and returns what it says in short. */
  send(raw: ReadableSpan, toSend: SpanToSend): SentWords {
    const { delegates, output, measures } = this.#options;
    this.#sent++;
    if (isSession(toSend.input)) this.#histories.forget(toSend.input.facts.sessionId);
    try {
      // The hot path: nothing is kept of what the mapping puts.
      if (delegates.isEmpty) {
        if (output !== undefined) return this.#stream(raw, toSend, output);
        return measures ? this.#finish(raw, toSend).words : NO_WORDS;
      }
      const finished = this.#finish(raw, toSend);
      return this.#sendFinished(raw, finished);
    } catch (error) {
      this.#options.onMappingFailure(error, raw);
      return this.#sendFinished(raw, finishBare(toSend, this.#options.privacy));
    }
  }

  /** From the mapping straight into bytes. */
  #stream(raw: ReadableSpan, toSend: SpanToSend, { encoder, queue }: SpanOutput): SentWords {
    const privacy = this.#options.privacy.forSpan(raw.attributes);
    let words = NO_WORDS;
    const record = privacy.guardRecord(toSend.record, toSend.input.kind);
    const bytes = encoder.encodeSpan(record, (sink) => {
      words = this.#map(toSend, sink, privacy);
    });
    queue.add({ scope: scopeOf(raw), bytes });
    return words;
  }

  /** Into a list that every road reads: a `redact` hook sees each value once. */
  #finish(raw: ReadableSpan, toSend: SpanToSend): FinishedSpan {
    const privacy = this.#options.privacy.forSpan(raw.attributes);
    const record = privacy.guardRecord(toSend.record, toSend.input.kind);
    const puts: Put[] = [];
    const words = this.#map(toSend, { put: (...put) => puts.push(put) }, privacy);
    return { record, puts, words };
  }

  /** Throws, if at all, before the span has gone anywhere. */
  #sendFinished(raw: ReadableSpan, finished: FinishedSpan): SentWords {
    const { delegates, output } = this.#options;
    const view = delegates.isEmpty
      ? undefined
      : createMappedView(raw, finished.record, Object.fromEntries(finished.puts));
    if (output !== undefined) enqueue(raw, finished, output);
    if (view !== undefined) delegates.onEnd(view);
    return finished.words;
  }

  #map({ input }: SpanToSend, sink: AttributeSink, privacy: Privacy): SentWords {
    const mapped = mapSpan(input, privacy.guard(sink, input.kind), this.#mapping);
    const figures = carriesFigures(input, this.#options.measures)
      ? new SpanFigures(mapped)
      : undefined;
    return { input: mapped.input, output: mapped.output, figures };
  }
}

function enqueue(raw: ReadableSpan, { record, puts }: FinishedSpan, output: SpanOutput): void {
  const bytes = output.encoder.encodeSpan(record, (sink) => {
    for (const put of puts) sink.put(...put);
  });
  output.queue.add({ scope: scopeOf(raw), bytes });
}

function isSession({ name, scopeName }: SpanInput): boolean {
  return name === LiveKitSpan.AGENT_SESSION && scopeName === LIVEKIT_SCOPE_NAME;
}

/** The tracer's own object and no copy: batches tell the scopes of their spans apart by identity. */
function scopeOf({ instrumentationScope }: ReadableSpan): ScopeRecord {
  return instrumentationScope;
}
