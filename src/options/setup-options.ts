import type { Attributes } from '@opentelemetry/api';
import type {
  Sampler,
  SpanExporter,
  SpanLimits,
  SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { LiveKitJobContext } from '../livekit/livekit-module.js';
import type { RedactionOptions } from '../privacy/redaction-options.js';
import type { PrivacyFlags } from './privacy-flags.js';

/** Which content is withheld and how the rest is rewritten. */
export type PrivacyOptions = PrivacyFlags & RedactionOptions;

/** A session's id, or a function that is asked for it whenever a session begins. */
export type SessionIdOption = string | ((job: LiveKitJobContext | undefined) => string | undefined);

/** Encoding of an OTLP/HTTP request. */
export type OtlpProtocol = 'http/protobuf' | 'http/json';

/** Compression of a request's body. */
export type OtlpCompression = 'gzip' | 'none';

/** Which spans are sent: those of every instrumentation, or LiveKit's and this package's only. */
export type ExportScopes = 'all' | 'livekit';

/**
 * Options of `setup()`, all optional. A value comes from the option, else from the `CATALYST_*`
 * variable, the legacy names, the `OTEL_*` names, the default, in this order. `undefined`, `null`
 * and blank text mean "not set", in code as in the environment.
 *
 * An option that cannot be used rejects `setup()` with an `InvalidOptionError`. A variable that
 * cannot be used warns once and the next source is asked. With `CATALYST_DISABLED` or
 * `OTEL_SDK_DISABLED` set, options warn instead of rejecting.
 *
 * The first paragraph of each option, its variables and its default are the tables of `docs/api.md`.
 */
export interface SetupOptions {
  /**
   * Base URL of the collector; `/v1/traces` is appended once (`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`
   * is used as it is).
   *
   * OTLP/HTTP. A prefix path and a query stay; user info becomes a Basic `Authorization` header.
   * Anything but an http or https URL is refused. Env `CATALYST_OTLP_ENDPOINT`,
   * `INFERENCE_OTLP_ENDPOINT`, `OTLP_ENDPOINT`, `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT`,
   * `OTEL_EXPORTER_OTLP_ENDPOINT`; when none of these is set, `LANGFUSE_BASE_URL` with
   * `LANGFUSE_PUBLIC_KEY` and `LANGFUSE_SECRET_KEY`, or `PHOENIX_COLLECTOR_ENDPOINT` with
   * `PHOENIX_API_KEY`, which bring their own path and credential.
   *
   * @default none: no span is sent, with one warning
   * @example 'https://collector.example.com'
   */
  readonly endpoint?: string | URL;
  /**
   * Bearer token for the `Authorization` header, with or without `Bearer ` in front.
   *
   * Spaces, line breaks and control characters inside are refused. The value is never shown. Env
   * `CATALYST_OTLP_TOKEN`, `INFERENCE_API_KEY`, `OTLP_INGEST_TOKEN`.
   *
   * @default none
   * @example process.env['MY_TOKEN']
   */
  readonly token?: string;
  /**
   * Headers of every request; the sources are merged, the stronger one wins a name.
   *
   * For example Basic `Authorization` or a tenant. Names have no case. An `Authorization` here wins
   * over `token`; that of the two variables does not, except towards an endpoint that is
   * `OTEL_EXPORTER_OTLP_*` itself. Values are never shown. A name or value that HTTP cannot carry is
   * refused. Env `OTEL_EXPORTER_OTLP_TRACES_HEADERS`, `OTEL_EXPORTER_OTLP_HEADERS`.
   *
   * @default {}
   * @example { 'x-tenant': 'acme' }
   */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /**
   * `service.name` of the resource.
   *
   * Env `CATALYST_SERVICE_NAME`, `INFERENCE_SERVICE_NAME`, `SERVICE_NAME`, `OTEL_SERVICE_NAME`,
   * `OTEL_RESOURCE_ATTRIBUTES`.
   *
   * @default livekit-agent
   * @example 'support-agent'
   */
  readonly serviceName?: string;
  /**
   * `service.version` of the resource.
   *
   * Env `CATALYST_SERVICE_VERSION`, `INFERENCE_SERVICE_VERSION`, `OTEL_RESOURCE_ATTRIBUTES`.
   *
   * @default unset
   * @example '1.4.0'
   */
  readonly serviceVersion?: string;
  /**
   * `deployment.environment.name` of the resource.
   *
   * Env `CATALYST_ENVIRONMENT`, `INFERENCE_ENVIRONMENT`, `OTEL_RESOURCE_ATTRIBUTES`.
   *
   * @default unset
   * @example 'production'
   */
  readonly environment?: string;
  /**
   * Further attributes of the resource; the sources are merged, code wins a key.
   *
   * Values other than text, numbers, booleans and arrays of one of them are refused. Env
   * `OTEL_RESOURCE_ATTRIBUTES`, which is ignored as a whole when one entry is malformed.
   *
   * @default {}
   * @example { 'k8s.pod.name': 'agent-1' }
   */
  readonly resourceAttributes?: Attributes;
  /**
   * Writes to stderr what the library does (`OTEL_LOG_LEVEL`: `debug`, `verbose`, `all`).
   *
   * Never content or secrets. Env `CATALYST_DEBUG`, `INFERENCE_DEBUG`, `OTEL_LOG_LEVEL`.
   *
   * @default false
   * @example true
   */
  readonly debug?: boolean;
  /**
   * The module namespaces of the SDKs to instrument.
   *
   * A name that is not known warns. `undefined` and `null` are skipped.
   *
   * @default {}
   * @example { livekitAgents }
   */
  readonly modules?: InstrumentedModules;
  /**
   * Looks for supported SDKs that are installed.
   *
   * @default true
   * @example false
   */
  readonly autoInstrument?: boolean;
  /**
   * `metadata` of every span, one JSON object.
   *
   * Copied when `setup()` is called.
   *
   * @default unset
   * @example { tier: 'gold' }
   */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /**
   * Further attributes of every span, LiveKit's included; what a span has already wins.
   *
   * What LiveKit's `setTracerProvider` takes as `metadata`. The privacy options apply to them as to
   * any attribute. Values other than text, numbers, booleans and arrays of one of them are refused;
   * `undefined` and `null` are left out.
   *
   * @default {}
   * @example { 'langfuse.session.id': 'call-17' }
   */
  readonly spanAttributes?: Attributes;
  /**
   * `session.id` of every span, or a function that returns it.
   *
   * Without it, or where the function returns nothing, it is the id of the room.
   *
   * @default unset
   * @example (job) => job?.job?.room?.name
   */
  readonly sessionId?: SessionIdOption;
  /**
   * `user.id` of every span.
   *
   * @default unset
   * @example 'u-4'
   */
  readonly userId?: string;
  /**
   * `tag.tags` of every span.
   *
   * @default unset
   * @example ['beta']
   */
  readonly tags?: readonly string[];
  /**
   * Encoding of requests: `http/protobuf` or `http/json`.
   *
   * `grpc` in a variable warns, and `http/protobuf` is used. Env
   * `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`, `OTEL_EXPORTER_OTLP_PROTOCOL`.
   *
   * @default http/protobuf
   * @example 'http/json'
   */
  readonly protocol?: OtlpProtocol;
  /**
   * Compression of requests: `gzip` or `none`.
   *
   * Env `OTEL_EXPORTER_OTLP_TRACES_COMPRESSION`, `OTEL_EXPORTER_OTLP_COMPRESSION`.
   *
   * @default gzip
   * @example 'none'
   */
  readonly compression?: OtlpCompression;
  /**
   * `all`, or `livekit` to send LiveKit’s and this package’s spans only.
   *
   * @default all
   * @example 'livekit'
   */
  readonly exportScopes?: ExportScopes;
  /**
   * Sends LiveKit’s raw content attributes in addition to the OpenInference ones.
   *
   * The privacy switches apply to both.
   *
   * @default false
   * @example true
   */
  readonly rawContent?: boolean;
  /**
   * Sends metrics too: `true`, or an object (`OTEL_METRICS_EXPORTER`: when it lists `otlp`).
   *
   * They go to `/v1/metrics` of the collector. Env `CATALYST_METRICS`, `OTEL_METRICS_EXPORTER`.
   *
   * @default false
   * @example true
   */
  readonly metrics?: boolean | MetricsOptions;
  /**
   * Which spans are recorded.
   *
   * Env `OTEL_TRACES_SAMPLER` in any case, with `OTEL_TRACES_SAMPLER_ARG`: `always_on`,
   * `always_off`, `traceidratio`, and these with `parentbased_` in front. Another value, or a ratio
   * outside 0 to 1, warns.
   *
   * @default parentbased_always_on
   * @example new TraceIdRatioBasedSampler(0.1)
   */
  readonly sampler?: Sampler;
  /**
   * Limits of a span, each a number from 0; the sources are merged, code wins a limit.
   *
   * A number of attributes, events or links, or of characters of a value. Env
   * `OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT`, `OTEL_ATTRIBUTE_COUNT_LIMIT`,
   * `OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT`, `OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT`,
   * `OTEL_SPAN_EVENT_COUNT_LIMIT`, `OTEL_SPAN_LINK_COUNT_LIMIT`,
   * `OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT`, `OTEL_LINK_ATTRIBUTE_COUNT_LIMIT`.
   *
   * @default 10,000 attributes of a span, else those of the OpenTelemetry SDK
   * @example { eventCountLimit: 64 }
   */
  readonly spanLimits?: SpanLimits;
  /**
   * Further span processors; they receive mapped spans.
   *
   * @default []
   * @example [new BatchSpanProcessor(new ConsoleSpanExporter())]
   */
  readonly spanProcessors?: readonly SpanProcessor[];
  /**
   * Further span exporters; they receive mapped spans.
   *
   * @default []
   * @example [new OTLPTraceExporter({ url: 'http://localhost:6006/v1/traces' })]
   */
  readonly exporters?: readonly SpanExporter[];
  /**
   * Queue, batches, deadlines.
   *
   * @default {}
   * @example { spoolDirectory: '/var/spool/agent' }
   */
  readonly delivery?: DeliveryOptions;
  /**
   * Which content is withheld or rewritten.
   *
   * @default {}
   * @example { hideInputs: true, redactPatterns: 'default' }
   */
  readonly privacy?: PrivacyOptions;
}

/**
 * How spans travel to the collector. The defaults suit a voice agent; most set-ups need none of it.
 * A size that is not a whole number from 1 rejects `setup()`, and so does a time outside 1 to
 * 2,147,483,647 ms; a bad variable warns.
 */
export interface DeliveryOptions {
  /**
   * Bytes of encoded spans that may wait in memory; past it the oldest are dropped and counted.
   *
   * @default 32 MiB
   * @example 8 * 1024 * 1024
   */
  readonly maxQueueBytes?: number;
  /**
   * Bytes of encoded spans that make a batch worth sending at once.
   *
   * @default 1 MiB
   * @example 256 * 1024
   */
  readonly maxBatchBytes?: number;
  /**
   * Bytes of one request's body before compression; a larger batch is split.
   *
   * A single span above it is still sent, alone.
   *
   * @default 4 MiB
   * @example 1024 * 1024
   */
  readonly maxRequestBytes?: number;
  /**
   * Milliseconds that a span waits at most before it is sent.
   *
   * Env `OTEL_BSP_SCHEDULE_DELAY`.
   *
   * @default 5,000
   * @example 1_000
   */
  readonly flushIntervalMillis?: number;
  /**
   * Milliseconds that one request may take.
   *
   * Env `OTEL_EXPORTER_OTLP_TRACES_TIMEOUT`, `OTEL_EXPORTER_OTLP_TIMEOUT`.
   *
   * @default 10,000
   * @example 5_000
   */
  readonly exportTimeoutMillis?: number;
  /**
   * Milliseconds within which `shutdown()` and `forceFlush()` settle, whatever the collector does.
   *
   * Well under the 60 s after which LiveKit kills a job's process.
   *
   * @default 10,000
   * @example 5_000
   */
  readonly shutdownTimeoutMillis?: number;
  /**
   * Directory for spans that could not be delivered before exit; the next process sends them.
   *
   * Env `CATALYST_SPOOL_DIRECTORY`.
   *
   * @default unset: nothing is written to disk
   * @example '/var/spool/agent'
   */
  readonly spoolDirectory?: string;
  /**
   * Certificate authorities to trust: PEM text, or the path of a PEM file.
   *
   * Env `OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE`, `OTEL_EXPORTER_OTLP_CERTIFICATE` (paths).
   *
   * @default those of Node
   * @example '/etc/ssl/company-ca.pem'
   */
  readonly ca?: string;
}

/** What `metrics` takes instead of `true`. */
export interface MetricsOptions {
  /**
   * Also records `voice.session.duration_ms`, for dashboards that are built on milliseconds.
   *
   * @default true
   * @example false
   */
  readonly sessionDurationMillis?: boolean;
}

/**
 * The module namespaces of the SDKs to instrument, as `import * as x` returns them. An SDK that is
 * listed here is connected through exactly this copy, which matters where a process has an ESM and a
 * CJS copy of it.
 */
export interface InstrumentedModules {
  /** `import * as livekitAgents from '@livekit/agents'` */
  readonly livekitAgents?: unknown;
  /** `import OpenAI from 'openai'`, or its namespace. */
  readonly openai?: unknown;
  /** `import Anthropic from '@anthropic-ai/sdk'`, or its namespace. */
  readonly anthropic?: unknown;
  /** `import * as langchain from '@langchain/core/callbacks/manager'` */
  readonly langchain?: unknown;
  /** The same, under the name that `@inference/tracing` has for it. */
  readonly langchainCallbacksManager?: unknown;
  /** `import * as langgraph from '@langchain/langgraph'` */
  readonly langgraph?: unknown;
  /** `import * as langsmith from 'langsmith'` */
  readonly langsmith?: unknown;
  /** `import * as openaiAgents from '@openai/agents'` */
  readonly openaiAgents?: unknown;
  /** `import * as claudeAgentSdk from '@anthropic-ai/claude-agent-sdk'` */
  readonly claudeAgentSdk?: unknown;
  /** `import * as elevenlabs from '@elevenlabs/client'` */
  readonly elevenlabs?: unknown;
  /** `import * as piAi from '@mariozechner/pi-ai'` */
  readonly piAi?: unknown;
  /** `import * as cursorSdk from '@cursor/sdk'` */
  readonly cursorSdk?: unknown;
  /** `import * as ai from 'ai'` */
  readonly aiSdk?: unknown;
}
