export type {
  CatalystTracing,
  FlushOptions,
  InstallResult,
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
export { Attr, type AttributeKeys } from './semconv/attribute-keys.js';
export { SpanKindValues, type SpanKindValue } from './semconv/span-kinds.js';
export type { ObservableSession, SessionObserver } from './session/observable-session.js';
export type { JobOptions, TraceableJob, TraceJob } from './session/job-options.js';
export type { DeliveryOptions } from './options/delivery-options.js';
export type { MetricsOptions } from './options/metrics-option.js';
export type { InstrumentedModules } from './options/instrumented-modules.js';
export type {
  ExportScopes,
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
export { wrapClaudeAgentSdkQuery } from './claude-agent-sdk.js';
export { setup } from './setup.js';
export { agentSpan, startAgentSpan } from './spans/agent-span.js';
export { manualSpan, startManualSpan } from './spans/manual-span.js';
export type { SpanFunction } from './spans/run-in-span.js';
export type { OpenSpanHandle, SpanHandle, SpanTool } from './spans/span-handle.js';
export type {
  AgentSpanOptions,
  ManualSpanOptions,
  SpanIdentityOptions,
} from './spans/span-options.js';
export { traceContextFields, type TraceContextFields } from './trace-context-fields.js';
export { addTraceContextToLogs } from './trace-context-logs.js';
export type { NormalizedUsage, TokenCounts } from './spans/usage.js';
export { withTraceContext, type TraceContextCarrier } from './spans/trace-context.js';
