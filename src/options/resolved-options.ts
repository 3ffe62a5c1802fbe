import type { Attributes } from '@opentelemetry/api';
import type {
  Sampler,
  SpanExporter,
  SpanLimits,
  SpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import type { RedactionOptions } from '../privacy/redaction-options.js';
import type { ResolvedDeliveryOptions } from './delivery-options.js';
import type { Endpoint } from './endpoint.js';
import type { HeaderEntries } from './headers.js';
import type { InstrumentedModules } from './instrumented-modules.js';
import type { ResolvedMetricsOptions } from './metrics-option.js';
import type { OptionSource } from './option-row.js';
import type { ProxySettings } from './proxy-variables.js';
import type { ResolvedPrivacyFlags } from './privacy-flags.js';
import type {
  ExportScopes,
  OtlpCompression,
  OtlpProtocol,
  SessionIdOption,
} from './setup-options.js';

/** Values that are used as their row reads them. */
export interface PlainOptionValues {
  /** `CATALYST_DISABLED` or `OTEL_SDK_DISABLED`: everything works, nothing is recorded. */
  readonly disabled: boolean;
  readonly serviceName: string;
  readonly serviceVersion: string | undefined;
  readonly environment: string | undefined;
  readonly debug: boolean;
  readonly modules: InstrumentedModules;
  readonly autoInstrument: boolean;
  readonly metadata: Readonly<Record<string, unknown>> | undefined;
  readonly sessionId: SessionIdOption | undefined;
  readonly userId: string | undefined;
  readonly tags: readonly string[] | undefined;
  readonly protocol: OtlpProtocol;
  readonly compression: OtlpCompression;
  readonly exportScopes: ExportScopes;
  readonly rawContent: boolean;
  /** `undefined` when they are off. */
  readonly metrics: ResolvedMetricsOptions | undefined;
  /** `undefined` leaves `OTEL_TRACES_SAMPLER` to the OpenTelemetry SDK, which reads it itself. */
  readonly sampler: Sampler | undefined;
  /** `undefined` leaves `OTEL_SPAN_*` to the OpenTelemetry SDK, which reads them itself. */
  readonly spanLimits: SpanLimits | undefined;
  readonly spanProcessors: readonly SpanProcessor[];
  readonly exporters: readonly SpanExporter[];
}

/** What the rows of the option table read, before the parts that belong together are joined. */
export interface OptionValues extends PlainOptionValues {
  readonly endpoint: Endpoint | undefined;
  /** The value of an `Authorization` header. */
  readonly token: string | undefined;
  readonly headers: HeaderEntries;
  readonly resourceAttributes: Attributes;
}

/** What `privacy` comes to. */
export interface ResolvedPrivacyOptions {
  readonly flags: ResolvedPrivacyFlags;
  /** As given; who redacts reads it. */
  readonly redaction: RedactionOptions;
}

/** Options and environment with every value decided. Frozen. */
export interface ResolvedOptions extends PlainOptionValues {
  /** URL that spans are POSTed to; `undefined` when there is none. Holds no user info; show it with `displayUrl`. */
  readonly endpoint: string | undefined;
  /** All headers of a request that come from the user, lower-case, `authorization` included. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`; their user info is not shown. */
  readonly proxies: ProxySettings;
  /** The whole resource as configured: `service.*` and `deployment.environment.name` included. */
  readonly resourceAttributes: Attributes;
  readonly delivery: ResolvedDeliveryOptions;
  readonly privacy: ResolvedPrivacyOptions;
  /**
   * Where each value came from, by the option's path (`endpoint`, `delivery.ca`,
   * `privacy.hideInputs`, and `authorization`): the strongest source first, several where values
   * add up.
   */
  readonly sources: Readonly<Record<string, readonly OptionSource[]>>;
}
