import type { SpanKind } from '@opentelemetry/api';
import type { SpanKindValue } from '../semconv/span-kinds.js';

/**
 * Whose span it is. All of it reaches every span below, LiveKit's included. A value that cannot be
 * used is left out, with one warning.
 */
export interface SpanIdentityOptions {
  /** Stable id of the agent: runs are grouped by it. */
  readonly agentId?: string | undefined;
  /** Name of the agent as people read it. */
  readonly agentName?: string | undefined;
  /** Conversation that the span belongs to. Default: what is known of the session, else the trace. */
  readonly sessionId?: string | undefined;
  /** Who is served. */
  readonly userId?: string | undefined;
  /** Anything else worth keeping; added to what a span above was given. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** Labels; added to those of a span above. */
  readonly tags?: readonly string[] | undefined;
}

/** What `agentSpan` and `startAgentSpan` take. */
export interface AgentSpanOptions extends SpanIdentityOptions {
  /** The same as `agentId`, which wins. */
  readonly id?: string | undefined;
  /** The same as `agentName`, which wins. */
  readonly name?: string | undefined;
  /** What the agent is for, for example `triage`. */
  readonly role?: string | undefined;
  /** Framework or provider the agent runs on: `llm.system` and `gen_ai.system`. */
  readonly system?: string | undefined;
  /** Name of the span. Default `<agentName>.run`, else `<agentId>.run`, else `agent.run`. */
  readonly spanName?: string | undefined;
  /** OpenInference kind. Default `AGENT`. */
  readonly spanKind?: SpanKindValue | undefined;
  /** OpenTelemetry kind. Default `SpanKind.INTERNAL`. */
  readonly otelKind?: SpanKind | undefined;
  /** What the run was asked: text as it is, anything else as JSON. */
  readonly input?: unknown;
}

/** What `manualSpan` and `startManualSpan` take. */
export interface ManualSpanOptions extends SpanIdentityOptions {
  /** Name of the span. */
  readonly spanName: string;
  /** OpenInference kind. Default `CHAIN`. */
  readonly spanKind?: SpanKindValue | undefined;
  /** OpenTelemetry kind. Default `SpanKind.INTERNAL`. */
  readonly otelKind?: SpanKind | undefined;
  /** Framework or provider: `llm.system` and `gen_ai.system`. */
  readonly system?: string | undefined;
  /** What the agent is for. */
  readonly agentRole?: string | undefined;
  /** What went in: text as it is, anything else as JSON. */
  readonly input?: unknown;
  /** What came out: text as it is, anything else as JSON. */
  readonly output?: unknown;
  /** Model that answered. */
  readonly model?: string | undefined;
  /** Usage as an SDK reports it; read as `recordUsage` reads it. */
  readonly usage?: object | undefined;
  /** Name of the tool that the span is a call of. */
  readonly toolName?: string | undefined;
  /** Id of that call. */
  readonly toolCallId?: string | undefined;
  /** Further attributes by key. They win over the options above. */
  readonly attributes?: Readonly<Record<string, unknown>> | undefined;
}
