export type {
  CatalystTracing,
  FlushOptions,
  InstallResult,
  TracingProvider,
  TracingStats,
} from './catalyst-tracing.js';
export {
  CatalystInstrumentationError,
  CatalystTracingError,
  InvalidOptionError,
  InvalidSdkInputError,
  InvalidTracerInputError,
  isCatalystTracingError,
  type CatalystTracingErrorCode,
  type CatalystTracingErrorOptions,
} from './errors.js';
export type { DeliveryResult, DeliveryStats, DropReason } from './export/delivery-stats.js';
export {
  Attr,
  SpanKindValues,
  type AttributeKeys,
  type SpanKindValue,
} from './semconv/attribute-keys.js';
export type { ObservableSession, SessionObserver } from './session/observe-session.js';
export type { JobOptions, TraceableJob, TraceJob } from './session/job.js';
export type {
  DeliveryOptions,
  ExportScopes,
  InstrumentedModules,
  MetricsOptions,
  OtlpCompression,
  OtlpProtocol,
  PrivacyOptions,
  SessionIdOption,
  SetupOptions,
} from './options/setup-options.js';
export type { PrivacyFlags } from './options/privacy-flags.js';
export type { PrivacyStats } from './privacy/privacy-stats.js';
export { DEFAULT_REDACT_PATTERNS } from './privacy/patterns/default-patterns.js';
export type {
  HashableField,
  HashOptions,
  NamedPattern,
  RedactionContext,
  RedactionOptions,
  Redactor,
} from './privacy/redaction-options.js';
export {
  OpenInferenceSpanProcessor,
  type OpenInferenceProcessorOptions,
} from './processor/open-inference-span-processor.js';
export { wrapClaudeAgentSdkQuery } from './claude-agent-sdk.js';
export { setup } from './setup.js';
export { agentSpan, startAgentSpan, manualSpan, startManualSpan } from './spans/own-spans.js';
export type { OpenSpanHandle, SpanFunction, SpanHandle, SpanTool } from './spans/span-handle.js';
export type {
  AgentSpanOptions,
  ManualSpanOptions,
  SpanIdentityOptions,
} from './spans/span-options.js';
export {
  traceContextFields,
  addTraceContextToLogs,
  withTraceContext,
  type TraceContextCarrier,
  type TraceContextFields,
} from './spans/trace-context.js';
export type { NormalizedUsage, TokenCounts } from './spans/usage.js';
