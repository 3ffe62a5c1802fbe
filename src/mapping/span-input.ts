import type { Attributes } from '@opentelemetry/api';
import type { JobFacts } from './job-facts.js';
import type { ObservedFacts } from './observed-facts.js';
import type { SessionSummary } from './session-summary.js';

/** The agent a span belongs to, as OpenInference and Catalyst name it. */
export interface AgentIdentity {
  readonly id: string | undefined;
  readonly name: string | undefined;
  readonly role: string | undefined;
}

/** A tool call that a model asked for. */
export interface ToolCall {
  readonly id: string | undefined;
  readonly name: string;
  /** Arguments as the model wrote them: JSON text, when the model kept to it. */
  readonly arguments: string;
}

/** The tool call in which the application opened a span. */
export interface EnclosingTool {
  /** `undefined` when LiveKit opened the tool's span too late: then the name is all there is. */
  readonly spanId: string | undefined;
  readonly name: string | undefined;
  readonly callId: string | undefined;
}

/** Why a span counts as failed although LiveKit left its status unset. */
export interface Failure {
  readonly message: string | undefined;
  /** HTTP status or class of the error, as LiveKit names it in `error.type`. */
  readonly errorType: string | undefined;
}

/** What other spans say about a span: everything that its own attributes do not hold. */
export interface MappingContext {
  readonly sessionId: string | undefined;
  readonly userId: string | undefined;
  /** Whose customer is served, of a job that the application put a span around. */
  readonly tenantId: string | undefined;
  readonly agent: AgentIdentity | undefined;
  /** The agent that handed over to the one which this span starts. */
  readonly previousAgentId: string | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly tags: readonly string[] | undefined;
  /** Attributes of the OpenInference context that have no place of their own here. */
  readonly contextAttributes: Attributes | undefined;
  /** The last attempt below failed. */
  readonly failure: Failure | undefined;
  /** A span below stands for the same model call and has its tokens. */
  readonly tokensBelow: boolean;
  /** A span below stands for the same model call and has its messages. */
  readonly messagesBelow: boolean;
  /** Tool calls of this model call, where its own attributes name none. */
  readonly toolCalls: readonly ToolCall[];
  /** Id of the tool call which this tool span carries out, where its own attributes name none. */
  readonly toolCallId: string | undefined;
  /** The tool call in which the span was opened, where LiveKit puts it beside the tool's span. */
  readonly withinTool: EnclosingTool | undefined;
  /** Span to send this one below, where it is not its parent. */
  readonly belowSpanId: string | undefined;
  /** Sent without a parent, though LiveKit opened a span around it. */
  readonly isRoot: boolean;
  /** First words in and last words out of what happened below. */
  readonly input: string | undefined;
  readonly output: string | undefined;
  /** What the session's events have told, when it is observed. */
  readonly observed: ObservedFacts | undefined;
  /** The session in figures, on its roots. */
  readonly summary: SessionSummary | undefined;
  /** The application put a span around the job that this one is part of. */
  readonly isInJob: boolean;
  /** What is known of the job, on the span that the application put around it. */
  readonly job: JobFacts | undefined;
  /** The speech of this turn failed before the agent began to speak: nobody heard the answer. */
  readonly isUnheard: boolean;
  /** LiveKit never ended the span; it was closed when tracing shut down. */
  readonly incomplete: boolean;
}

/** A span of which nothing more is known than its own attributes. */
export const EMPTY_CONTEXT: MappingContext = Object.freeze({
  sessionId: undefined,
  userId: undefined,
  tenantId: undefined,
  agent: undefined,
  previousAgentId: undefined,
  metadata: undefined,
  tags: undefined,
  contextAttributes: undefined,
  failure: undefined,
  tokensBelow: false,
  messagesBelow: false,
  toolCalls: [],
  toolCallId: undefined,
  withinTool: undefined,
  belowSpanId: undefined,
  isRoot: false,
  input: undefined,
  output: undefined,
  observed: undefined,
  summary: undefined,
  isInJob: false,
  job: undefined,
  isUnheard: false,
  incomplete: false,
});

/** What the mapper is told of a span. It never sees the span itself, so it cannot write on it. */
export interface SpanInput {
  readonly name: string;
  readonly scopeName: string;
  /** OpenInference's, see `mapSpanKind`. */
  readonly kind: string;
  readonly attributes: Attributes;
  readonly facts: MappingContext;
}
