import type { Attributes } from '@opentelemetry/api';
import type { Message } from './conversation.js';
import type { JsonRecord } from './read-attributes.js';

/** What other spans and events say about a span: everything that is not in its own attributes. */
export interface MappingContext {
  readonly sessionId: string | undefined;
  readonly userId: string | undefined;
  readonly agent: AgentIdentity | undefined;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly tags: readonly string[] | undefined;
  /** What the application says that model calls are made for, and where in its code. */
  readonly useCase?: string | undefined;
  readonly callSite?: string | undefined;
  /** Whose customer is served, of a job that the application put a span around. */
  readonly tenantId?: string | undefined;
  /** The agent that handed over to the one which this span starts. */
  readonly previousAgentId?: string | undefined;
  /** Attributes of the OpenInference context that have no field here. */
  readonly contextAttributes?: Attributes | undefined;
  /** The last attempt below failed. */
  readonly failure?: Failure | undefined;
  /** A span below is the same model call and has its tokens. */
  readonly tokensBelow?: boolean;
  /** A span below is the same model call and has its messages. */
  readonly messagesBelow?: boolean;
  /** The model that was asked, for metrics: not every span of a call is sent with its name. */
  readonly model?: string | undefined;
  /** Tool calls of this model call, where its own attributes name none. */
  readonly toolCalls?: readonly ToolCall[];
  /** Id of the tool call which this tool span carries out, where its own attributes name none. */
  readonly toolCallId?: string | undefined;
  /** The metrics of a TTS request, parsed: its turn needs them too. */
  readonly ttsMetrics?: JsonRecord | undefined;
  /** The tool call in which the span was opened, where LiveKit puts it next to the tool's span. */
  readonly withinTool?: EnclosingTool | undefined;
  /** The span to send this one below, where it is not its parent. */
  readonly belowSpanId?: string | undefined;
  /** Sent without a parent, though LiveKit opened a span around it. */
  readonly isRoot?: boolean;
  /** First text in and last text out of what happened below. */
  readonly input?: string | undefined;
  readonly output?: string | undefined;
  /** What an observed session's events say. The transcript is in the GenAI message format. */
  readonly stt?: SttUsage | undefined;
  readonly closing?: SessionClosing | undefined;
  readonly exchange?: ModelExchange | undefined;
  readonly transcript?: readonly Message[];
  /** When the parts of this turn happened, of an answer that was spoken. */
  readonly latency?: TurnTimes | undefined;
  /** Statistics of the session, on its roots. */
  readonly summary?: SessionSummary | undefined;
  /** The application put a span around the job that this one is part of. */
  readonly isInJob?: boolean;
  /** The job, on the span that the application put around it. */
  readonly job?: JobSummary | undefined;
  /** The speech of this turn failed before the agent began to speak: the answer was not heard. */
  readonly isUnheard?: boolean;
  /** LiveKit never ended the span; it was closed when tracing shut down. */
  readonly incomplete?: boolean;
}

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
  /** Arguments as the model wrote them, usually JSON text. */
  readonly arguments: string;
}

/** The tool call in which the application opened a span. */
export interface EnclosingTool {
  /** `undefined` when LiveKit opened the tool's span too late: then only the name is known. */
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

/** Speech recognition, from the session's metrics: LiveKit has no span for it. */
export interface SttUsage {
  /** Length of the audio that was recognised. */
  readonly audioMillis: number;
  readonly model: string | undefined;
  readonly provider: string | undefined;
}

/** How a session ended. */
export interface SessionClosing {
  /** One of LiveKit's `CloseReason`, or text of the application. */
  readonly reason: string | undefined;
  /** Which part failed (`llm_error`, `stt_error`, …), of a session that closed on an error. */
  readonly errorType: string | undefined;
  /** The error itself, of a session that closed on one. */
  readonly failure: Failure | undefined;
}

/** One call of a realtime model in the GenAI message format: LiveKit's spans have none of it. */
export interface ModelExchange {
  /** The user's text that the turn answers; of a later step of a tool loop, that of its first. */
  readonly userText: string | undefined;
  readonly input: readonly Message[];
  readonly output: readonly Message[];
}

/**
 * What the spans around an `agent_turn` say about the time until its first audio. All times are
 * milliseconds since the epoch. LiveKit truncates starts of spans to whole milliseconds.
 */
export interface TurnTimes {
  /** The first frame is played. */
  readonly speakingMillis: number;
  /** From the end of the user's speech to the decision that the turn is over. */
  readonly endOfTurnDelayMillis: number | undefined;
  /** From the end of the user's speech to the final transcript. */
  readonly transcriptionDelayMillis: number | undefined;
  /** The model calls of the answer, in order: several, with tools in between, in a tool loop. */
  readonly modelSteps: readonly ModelStep[];
  readonly speech: SpeechStart | undefined;
}

export interface ModelStep {
  readonly startMillis: number;
  readonly firstTokenMillis: number | undefined;
}

/** When the TTS got its first sentence, and when it gave its first audio. */
export interface SpeechStart {
  readonly textMillis: number;
  readonly audioMillis: number;
}

/** Statistics of a session, up to the end of the span that carries them. */
export interface SessionSummary {
  /** Answers of the agent; the steps of a tool loop are one. */
  readonly turns: number;
  readonly modelCalls: number;
  readonly modelErrors: number;
  readonly toolCalls: number;
  readonly toolErrors: number;
  /** Answers that the user spoke over. */
  readonly interruptions: number;
  readonly tokensByModel: ReadonlyMap<string, ModelTokens>;
  /** Agents that took part, in order. */
  readonly agents: readonly string[];
  readonly latencies: ReadonlyMap<SummarizedLatency, LatencySummary>;
}

export interface ModelTokens {
  readonly input: number;
  readonly output: number;
}

/** Latencies that a session is summed up by, as `CatalystAttr` names them. */
export type SummarizedLatency =
  'E2E_LATENCY' | 'LLM_TTFT' | 'TTS_TTFB' | 'END_OF_TURN_DELAY' | 'TRANSCRIPTION_DELAY';

export interface LatencySummary {
  readonly p50Millis: number;
  readonly p95Millis: number;
}

/** What is known about a job when the span of its session ends. */
export interface JobSummary {
  readonly durationMillis: number;
  /** Why it ended, by its room and its entry function; the session's own reason goes first. */
  readonly closeReason: string | undefined;
  /** Name of the room: it may contain who calls, and follows the content rules. */
  readonly roomName: string | undefined;
  /** Why the caller, or this job, was disconnected from the room, as LiveKit says. */
  readonly disconnectReason: string | undefined;
  /** How the caller takes part: `sip`, `web`, `ingress`, … */
  readonly participantKind: string | undefined;
  /** LiveKit's id of the room: `session.id` may be one of the application's. */
  readonly roomSid: string | undefined;
}
