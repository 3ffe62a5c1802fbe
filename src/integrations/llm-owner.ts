import { createContextKey, trace, type Context, type Span } from '@opentelemetry/api';
import { sharedByCopies } from '../live-tracing.js';
import { isRecord } from '../mapping/read-attributes.js';
import { LIVEKIT_SCOPE_NAME, LiveKitSpan } from '../mapping/livekit-spans.js';
import type { CallAnswer } from './call-attributes.js';

/**
 * Who counts the tokens of a model call. The sum of `llm.token_count.*` in a trace is the bill, so
 * of all spans that describe one call exactly one may count: the outermost. A provider wrapper that
 * runs below an owner starts no span.
 *
 * "Below" is a matter of context and not of the parent span: LangChain and OpenAI Agents never make
 * their spans active. It applies to the model call alone and never to a whole run: a provider that a
 * tool calls by itself is billed in addition, and is counted.
 */
export interface LlmOwner {
  /**
   * Takes what the provider answered to the call below. For owners whose framework reports no usage,
   * or another one than the bill (LangChain: 41 for 40 tokens streamed, no cache writes).
   */
  readonly receive?: ((answer: CallAnswer) => void) | undefined;
}

/** An owner that knows its usage by itself. */
export const SILENT_OWNER: LlmOwner = Object.freeze({});

// OpenTelemetry makes the same key of the same name, in every copy of this package.
const OWNER_KEY = createContextKey('catalyst.llm.owned');

/** Where every copy of this package finds the spans that own a model call. */
const OWNER_SPANS: unique symbol = Symbol.for('catalyst-tracing.llm-owner-spans');

/** LiveKit's spans that report a call's usage. Not `llm_node`: one that is overridden may make no request. */
const LIVEKIT_OWNERS: ReadonlySet<string> = new Set([
  LiveKitSpan.LLM_REQUEST,
  LiveKitSpan.LLM_REQUEST_RUN,
  LiveKitSpan.REALTIME_INFERENCE,
  LiveKitSpan.REALTIME_METRICS,
]);

/**
 * Where a helper such as `messages.stream()` leaves the call that it has started, for the request
 * that it makes. Whoever owns a call further in takes its place.
 */
export const STARTED_CALL_KEY: symbol = createContextKey('catalyst.llm.started');

export function withOwner(context: Context, owner: LlmOwner): Context {
  return context.deleteValue(STARTED_CALL_KEY).setValue(OWNER_KEY, owner);
}

/** The context of what runs inside a call and is no part of it: a tool that the SDK executes. */
export function withoutOwner(context: Context): Context {
  return context.deleteValue(STARTED_CALL_KEY).deleteValue(OWNER_KEY);
}

/** Makes a span the owner of the calls for which it is the active span (OpenAI Agents). */
export function markOwner(span: Span, owner: LlmOwner = SILENT_OWNER): void {
  ownerSpans().set(span, owner);
}

/** Who counts a model call that starts in this context; `undefined` when none does yet. */
export function ownerOf(context: Context): LlmOwner | undefined {
  const owner = context.getValue(OWNER_KEY);
  if (isOwner(owner)) return owner;
  const span = trace.getSpan(context);
  if (span === undefined) return undefined;
  return ownerSpans().get(span) ?? (isLiveKitOwner(span) ? SILENT_OWNER : undefined);
}

function isOwner(value: unknown): value is LlmOwner {
  return typeof value === 'object' && value !== null;
}

function ownerSpans(): WeakMap<object, LlmOwner> {
  return sharedByCopies(OWNER_SPANS, WeakMap<object, LlmOwner>);
}

function isLiveKitOwner(span: Span): boolean {
  const name: unknown = Reflect.get(span, 'name');
  return isLiveKitSpan(span) && typeof name === 'string' && LIVEKIT_OWNERS.has(name);
}

export function isLiveKitSpan(span: Span): boolean {
  const scope: unknown = Reflect.get(span, 'instrumentationScope');
  return isRecord(scope) && scope['name'] === LIVEKIT_SCOPE_NAME;
}
