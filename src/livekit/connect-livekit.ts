import type { TracerProvider } from '@opentelemetry/api';
import { SemanticConventions } from '@arizeai/openinference-semantic-conventions';
import type { ReadableSpan, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import type { InstallResult } from '../catalyst-tracing.js';
import { entriesOf, MappedSpan } from '../mapping/mapped-span.js';
import { Sdk1ProcessorAdapter } from '../provider/foreign-provider.js';
import { providerBehind } from '../provider/global-registration.js';
import { TRACER_NAME } from '../version.js';
import {
  createSdk1StandIn,
  followSdk1Provider,
  isSdk1StandIn,
  type SpanFollower,
  usesSdk1,
} from './legacy.js';
import { currentProvider, type LiveKitModule } from './livekit-module.js';

export interface LiveKitConnection {
  readonly provider: TracerProvider;
  /** Takes LiveKit's own processors: its PII filter, its Cloud exporter. */
  readonly addSpanProcessor: (processor: SpanProcessor) => void;
  /**
   * `false` tells LiveKit to strip content from every span before it ends (1.8 on); `undefined`
   * leaves it to LiveKit's own default, its variable included.
   */
  readonly allowPii: boolean | undefined;
  readonly shareWith?: (foreign: TracerProvider) => void;
  /** Follows the spans of LiveKit up to 1.5.0 to another provider of LiveKit's. */
  readonly follower?: SpanFollower;
}

/**
 * Makes LiveKit send its spans to our provider. The registrar always goes along: without it LiveKit
 * turns its Cloud tracing off and does not apply a redaction that the project mandates
 * (`telemetry/traces.ts`). `metadata` never does: it crashes LiveKit up to 1.5 on this SDK.
 */
export function connectLiveKit(module: LiveKitModule, connection: LiveKitConnection): void {
  const { allowPii, follower, shareWith } = connection;
  const current = currentProvider(module);
  const predecessor = current && providerBehind(current);
  // Tracing of ours that was there before was shut down, or receives LiveKit's spans anyway.
  const isForeign =
    predecessor !== undefined &&
    livekitConnectorOf(predecessor) === undefined &&
    !isSdk1StandIn(predecessor);
  if (isForeign) shareWith?.(predecessor);
  const isSdk1 = usesSdk1(module);
  const registerSpanProcessor = (processor: SpanProcessor): void =>
    connection.addSpanProcessor(
      withoutOwnContent(isSdk1 ? new Sdk1ProcessorAdapter(processor) : processor),
    );
  const provider = isSdk1
    ? createSdk1StandIn(connection.provider, registerSpanProcessor)
    : connection.provider;
  module.telemetry.setTracerProvider(provider, {
    registerSpanProcessor,
    ...(allowPii !== undefined && { allowPii }),
  });
  if (follower !== undefined && isSdk1) followSdk1Provider(module, provider, follower);
}

/** Whether LiveKit's spans go to a provider now, or to its stand-in for LiveKit up to 1.5. */
export function leadsTo(provider: TracerProvider, module: LiveKitModule): boolean {
  const current = currentProvider(module);
  // A version that does not show its provider counts as connected.
  if (current === undefined || isSdk1StandIn(current)) return true;
  return providerBehind(current) === provider;
}

/** Makes one copy of LiveKit send its spans to a provider. Never throws. */
export type LiveKitConnector = (module: LiveKitModule, provider: TracerProvider) => InstallResult;

/** Where every copy of this package finds it: the ESM and the CommonJS build, and nested installs. */
const CONNECTOR: unique symbol = Symbol.for('catalyst-tracing.livekit-connector');

/** Lets a provider, or a span processor in a provider of the application, connect LiveKit. */
export function offerLiveKitConnector(owner: object, connector: LiveKitConnector): void {
  Object.defineProperty(owner, CONNECTOR, { value: connector });
}

export function livekitConnectorOf(owner: object): LiveKitConnector | undefined {
  const connector: unknown = Reflect.get(owner, CONNECTOR);
  return isConnector(connector) ? connector : undefined;
}

function isConnector(value: unknown): value is LiveKitConnector {
  return typeof value === 'function';
}

/** What LiveKit itself puts on every span of the provider, for its Cloud. */
const OF_LIVEKIT = /^(?:room_id$|job_id$|lk\.)/;

/**
 * A processor that LiveKit adds, without content of ours. LiveKit's own spans, and those of the
 * application, pass as they are: the same objects, which LiveKit looks things up by. What `agentSpan`
 * and `manualSpan` recorded is not meant for LiveKit Cloud, and LiveKit's redaction does not know its
 * keys, so these spans pass without attributes of ours, events and links.
 */
function withoutOwnContent(processor: SpanProcessor): SpanProcessor {
  // Each returns what the processor returns: it may be async against its type.
  return {
    onStart: (span, parentContext) => processor.onStart(span, parentContext),
    onEnding: (span) => processor.onEnding?.(span),
    onEnd: (span) => processor.onEnd(isOwn(span) ? withoutContent(span) : span),
    forceFlush: () => processor.forceFlush(),
    shutdown: () => processor.shutdown(),
  };
}

/** Both kinds of span may be opened on a tracer of the application's own; their kind tells then. */
function isOwn({ instrumentationScope, attributes }: ReadableSpan): boolean {
  return (
    instrumentationScope.name === TRACER_NAME ||
    SemanticConventions.OPENINFERENCE_SPAN_KIND in attributes
  );
}

/** A copy, through which what LiveKit's redaction keeps on the span cannot be reached. */
function withoutContent(span: ReadableSpan): ReadableSpan {
  return new MappedSpan(span, {
    status: { code: span.status.code },
    entries: entriesOf(span).filter(({ key }) => OF_LIVEKIT.test(key)),
    events: [],
    links: [],
    droppedAttributesCount: 0,
    droppedEventsCount: 0,
  });
}
