import type { Attributes } from '@opentelemetry/api';
import type {
  Sampler,
  SpanExporter,
  SpanLimits,
  SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { LiveKitJobContext } from '../livekit/livekit-module.js';
import type { RedactionOptions } from '../privacy/redaction-options.js';
import type { DeliveryOptions } from './delivery-options.js';
import type { InstrumentedModules } from './instrumented-modules.js';
import type { MetricsOptions } from './metrics-option.js';
import type { PrivacyFlags } from './privacy-flags.js';

/** What content stays home and how the rest is rewritten. */
export type PrivacyOptions = PrivacyFlags & RedactionOptions;

/** A session's id, or a function that is asked for it whenever a session begins. */
export type SessionIdOption = string | ((job: LiveKitJobContext | undefined) => string | undefined);

/** Encoding of an OTLP/HTTP request. */
export type OtlpProtocol = 'http/protobuf' | 'http/json';

/** Compression of a request's body. */
export type OtlpCompression = 'gzip' | 'none';

/** Whose spans are sent: those of every instrumentation, or LiveKit's and this package's only. */
export type ExportScopes = 'all' | 'livekit';

/**
 * Options of `setup()`, all optional. A value comes from the option, else from the `CATALYST_*`
 * variable, the legacy names, the `OTEL_*` names, the default, in this order. `undefined`, `null`
 * and blank text mean "not given", in code as in the environment.
 *
 * An option that cannot be used rejects `setup()` with an `InvalidOptionError`. A variable that
 * cannot be used warns once and the next source is asked. With `CATALYST_DISABLED` or
 * `OTEL_SDK_DISABLED` set, options warn instead of rejecting.
 */
export interface SetupOptions {
  /**
   * Base URL of the OTLP/HTTP collector; `/v1/traces` is appended unless it is there. A prefix
   * path and a query stay; user info becomes a Basic `Authorization` header. Env
   * `CATALYST_OTLP_ENDPOINT`, `INFERENCE_OTLP_ENDPOINT`, `OTLP_ENDPOINT`,
   * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` (used as it is), `OTEL_EXPORTER_OTLP_ENDPOINT`. Default
   * none: no span is sent, and one warning says so. Anything but an http or https URL is refused.
   */
  readonly endpoint?: string | URL;
  /**
   * Bearer token for the `Authorization` header, with or without `Bearer ` in front. Env
   * `CATALYST_OTLP_TOKEN`, `INFERENCE_API_KEY`, `OTLP_INGEST_TOKEN`. Default none. Spaces, line
   * breaks and control characters inside are refused. The value is never shown.
   */
  readonly token?: string;
  /**
   * Headers of every request, for example Basic `Authorization` or a tenant. Names have no case.
   * They are merged over `OTEL_EXPORTER_OTLP_TRACES_HEADERS` and these over
   * `OTEL_EXPORTER_OTLP_HEADERS`. An `Authorization` here comes before `token`; that of the two
   * variables comes after it, except towards an endpoint that is `OTEL_EXPORTER_OTLP_*` itself.
   * Values are never shown. A name or value that HTTP cannot carry is refused.
   */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  /**
   * `service.name` of the resource. Env `CATALYST_SERVICE_NAME`, `INFERENCE_SERVICE_NAME`,
   * `SERVICE_NAME`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES`. Default `livekit-agent`.
   */
  readonly serviceName?: string;
  /**
   * `service.version` of the resource. Env `CATALYST_SERVICE_VERSION`,
   * `INFERENCE_SERVICE_VERSION`, `OTEL_RESOURCE_ATTRIBUTES`. Default unset.
   */
  readonly serviceVersion?: string;
  /**
   * `deployment.environment.name` of the resource. Env `CATALYST_ENVIRONMENT`,
   * `INFERENCE_ENVIRONMENT`, `OTEL_RESOURCE_ATTRIBUTES`. Default unset.
   */
  readonly environment?: string;
  /** Further attributes of the resource, merged over `OTEL_RESOURCE_ATTRIBUTES`. Default none. */
  readonly resourceAttributes?: Attributes;
  /**
   * Says on stderr what the library does; never content, tokens or header values. Env
   * `CATALYST_DEBUG`, `INFERENCE_DEBUG`, `OTEL_LOG_LEVEL` (`debug`, `verbose`, `all`). Default false.
   */
  readonly debug?: boolean;
  /** SDKs to instrument, by name. Default `{}`. A name that is not known warns. */
  readonly modules?: InstrumentedModules;
  /** Whether to look for supported SDKs that are installed. Default true. */
  readonly autoInstrument?: boolean;
  /** Put on every span as OpenInference `metadata`, and on LiveKit's sessions. Default unset. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** `session.id` of every span; without it the room's. Default unset. */
  readonly sessionId?: SessionIdOption;
  /** `user.id` of every span. Default unset. */
  readonly userId?: string;
  /** `tag.tags` of every span. Default unset. */
  readonly tags?: readonly string[];
  /**
   * Encoding of requests. Env `OTEL_EXPORTER_OTLP_TRACES_PROTOCOL`, `OTEL_EXPORTER_OTLP_PROTOCOL`;
   * `grpc` there warns and `http/protobuf` is used. Default `http/protobuf`.
   */
  readonly protocol?: OtlpProtocol;
  /**
   * Compression of requests. Env `OTEL_EXPORTER_OTLP_TRACES_COMPRESSION`,
   * `OTEL_EXPORTER_OTLP_COMPRESSION`. Default `gzip`.
   */
  readonly compression?: OtlpCompression;
  /** `livekit` sends LiveKit's and this package's spans only. Default `all`. */
  readonly exportScopes?: ExportScopes;
  /**
   * Sends LiveKit's raw content attributes beside the OpenInference ones that hold the same words.
   * The privacy switches hold for both. Default false.
   */
  readonly rawContent?: boolean;
  /**
   * Sends metrics too, to `/v1/metrics` beside the spans. Env `CATALYST_METRICS`,
   * `OTEL_METRICS_EXPORTER` (`otlp`). Default false.
   */
  readonly metrics?: boolean | MetricsOptions;
  /** Which spans are recorded. Default: `OTEL_TRACES_SAMPLER`, read by the OpenTelemetry SDK; parent-based, always on. */
  readonly sampler?: Sampler;
  /** Limits of a span. Default: `OTEL_SPAN_*`, read by the OpenTelemetry SDK. */
  readonly spanLimits?: SpanLimits;
  /** Further span processors; they receive mapped spans. Default none. */
  readonly spanProcessors?: readonly SpanProcessor[];
  /** Further span exporters; they receive mapped spans. Default none. */
  readonly exporters?: readonly SpanExporter[];
  /** Queue, batches, deadlines. */
  readonly delivery?: DeliveryOptions;
  /** What content stays home. */
  readonly privacy?: PrivacyOptions;
}
