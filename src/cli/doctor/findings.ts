/** `info` states a fact; a `warning` may bite later; a `problem` keeps traces from arriving. */
const LEVELS = ['ok', 'info', 'warning', 'problem'] as const;

export type FindingLevel = (typeof LEVELS)[number];

/** The parts of a report, in the order in which they are shown. */
export const TOPICS = ['settings', 'versions', 'livekit', 'collector'] as const;

/** One thing that the doctor saw. Neither text contains a secret. */
export interface Finding {
  readonly topic: (typeof TOPICS)[number];
  /** Stable name for scripts, such as `collector.unauthorized`. */
  readonly code: string;
  readonly level: FindingLevel;
  readonly text: string;
  /** What to do next; problems and warnings have one. */
  readonly fix?: string;
}

// All that the doctor may say: level and code, then what it saw, then what to do. A third name on the
// first line is a variant: the same finding with another text.
const FINDINGS = `
info settings.import_runs
  {files} was run to see its setup(), with all that it does.
info settings.import_deadline set-up
  {file} was still loading after {seconds} s.
problem settings.import_deadline
  {file} was still loading after {seconds} s.
  Give the doctor the file that calls setup() alone: one with a top-level await that never ends cannot be examined.
problem settings.import_ends
  {file} ends the process while it is loaded.
  Give the doctor the file that calls setup() alone, or let that one end the process only as main module.
problem settings.import_failed
  {file} could not be loaded: {reason}
  Correct it; for TypeScript, start Node with a loader: NODE_OPTIONS="--import tsx".
problem settings.import_without_setup
  {files} did not call setup().
  Give the doctor the file that calls setup(), or call it there at module level: await setup().
info settings.import_shut_down
  {files} called setup() and shutdown(); its set-up is examined as it was.
warning settings.not_awaited
  {files} does not wait for setup(): what happens before it is done is not traced.
  Write await setup().
warning settings.setup_warning
  {warning}
  Correct it in the code that calls setup().
warning settings.unusable_value
  {warning}
  Correct the value, or unset it to use the next source.
warning settings.quoted_value
  {name} has quotes around its value, and they are a part of it.
  Write it without quotes in the file that sets it: docker --env-file, for one, keeps them.
warning settings.unknown_variable
  {name} is not a variable of this package: it does nothing.
  {fix}
warning settings.placeholder_token
  The token looks like a placeholder from a document (value not shown).
  Put the real one into {source}.
problem settings.disabled
  Tracing is switched off by {variable}: nothing is recorded.
  Unset {variable}.
problem settings.env_file_not_loaded
  No endpoint is set in the environment, but {file} sets {variable}: nothing has loaded that file.
  Load it before setup() runs (node --env-file={file} …, or dotenv), and pass it to the doctor: catalyst-tracing doctor --dotenv {file}
problem settings.no_endpoint
  No endpoint is set, so spans are not exported.
  {suggestion} Where code passes the endpoint to setup(), load its file: catalyst-tracing doctor --import ./your-file.js
problem settings.sampled_out
  OTEL_TRACES_SAMPLER is {sampler}: no trace is recorded.
  Unset OTEL_TRACES_SAMPLER, or set it to parentbased_always_on.

ok versions.node
  Node {version}
problem versions.node too-old
  Node {version} is too old.
  Use Node {needed} or newer.
ok versions.own
  catalyst-tracing {version}
warning versions.own_missing
  The application in this directory has no catalyst-tracing installed.
  Run the doctor in the application's directory, or: npm install catalyst-tracing
warning versions.own_differs
  The application has catalyst-tracing {version}; this doctor is of {own}.
  Run the application's own: npx catalyst-tracing doctor, in its directory.
ok versions.livekit
  @livekit/agents {version}
warning versions.livekit_missing
  @livekit/agents is not installed for this directory.
  Run the doctor in the application's directory, or: npm install @livekit/agents
problem versions.livekit_old
  @livekit/agents {version} has no telemetry.
  Update it: npm install @livekit/agents@latest (1.0.19 or newer, not 1.1.0).
ok versions.opentelemetry
  {name} {copies}: one copy
ok versions.opentelemetry missing
  {name} is not installed
info versions.opentelemetry several
  {name} is there {count} times: {copies}
problem versions.api_split
  Traces fall apart: {note}.
  npm dedupe, or npm install @opentelemetry/api@1

problem livekit.does_not_load
  @livekit/agents is installed and cannot be loaded: {reason}
  Install it again for this platform: npm install @livekit/agents
ok livekit.owner
  The process’s tracer provider is this package’s.
info livekit.owner_other
  The process’s tracer provider is another one ({provider}); it was left in place.
warning livekit.owner_opaque
  Another tracer provider is registered ({provider}) and does not show its span processors: LiveKit’s spans go to this package alone.
  Give its exporter to setup() as well: setup({ exporters: [yourExporter] }).
ok livekit.owner_shared
  Another tracer provider is registered ({provider}): it stays, and goes on receiving LiveKit’s spans.
ok livekit.reached
  The tracer of {copy} leads to this package.
ok livekit.cloud
  LiveKit Cloud’s own tracing stays on: {copy} can add its exporter and its redaction.
problem livekit.not_reached
  The tracer of {copy} does not lead to this package ({provider}).
  Pass the copy that the application uses: setup({ modules: { livekitAgents } }) with import * as livekitAgents from "@livekit/agents".
problem livekit.not_reached other-provider
  The tracer of {copy} does not lead to this package ({provider}).
  Call setup() after whatever else sets a tracer provider ({other}). If it already is, pass the copy that the application uses: setup({ modules: { livekitAgents } }) with import * as livekitAgents from "@livekit/agents".

ok collector.accepted
  The collector at {shown} accepted a test trace ({status}).{says} Look there for trace {traceId}.
problem collector.rejected
  The collector took the request and rejected the span.{says}
  Look into the collector’s log for the reason.
problem collector.web_page
  {shown} answers {status} with a web page: this is not a collector.
  Set {endpointFrom} to the address for OTLP over HTTP; a backend’s web interface often has another port or path.
problem collector.packing
  The collector does not accept {refused} ({status}); the same trace was accepted as {protocol}, compression {compression}.
  Set {changes}
problem collector.redirect
  The collector answers with {where} ({status}), which is not followed: it would lose the request’s body or give its key away.
  Set {endpointFrom} to the address that it redirects to (often https:// instead of http://, or a login page in front of the collector).
problem collector.wants_tls
  {host} needs TLS.
  Write https:// instead of http:// in {endpointFrom}.
problem collector.bad_request
  The collector could not read the request (400).{says}
  Check whether {shown} is the collector’s address for OTLP traces over HTTP.
problem collector.unauthorized
  The collector does not accept the credentials (401).{says}
  Correct the value of {authorizationFrom}: it may be cut, expired, or of another project, region or environment.
problem collector.unauthorized wants-basic
  The collector does not accept the credentials (401).{says} It asks for Basic, and {scheme} is sent.
  Unset {authorizationFrom} and set OTEL_EXPORTER_OTLP_HEADERS="Authorization=Basic <base64 of user:password>".
problem collector.unauthorized none
  The collector asks for credentials and none are set (401).{says}
  Set CATALYST_OTLP_TOKEN, or the header that the backend asks for: OTEL_EXPORTER_OTLP_HEADERS="name=value", for one "Authorization=Basic <base64 of user:password>".
problem collector.forbidden
  The collector knows the credentials and forbids writing traces with them (403).{says}
  Let the key in {authorizationFrom} write traces (a public or read-only key may not), and check whether it belongs to this project, organisation and region.
problem collector.forbidden none
  The collector forbids writing traces, and no credentials are set (403).{says}
  Set CATALYST_OTLP_TOKEN, or the header that the backend asks for in OTEL_EXPORTER_OTLP_HEADERS.
problem collector.path_doubled
  A part of the path is repeated. (404 or 405 at {shown})
  Set {endpointFrom} to {wanted}
problem collector.path_incomplete
  {endpointFrom} is used as it is, and does not end in /v1/traces. (404 or 405 at {shown})
  Set {endpointFrom} to {wanted}
problem collector.path_unknown
  There is no collector at this path. (404 or 405 at {shown})
  Check whether the backend really has {prefix} in front of /v1/traces; the base URL belongs in {endpointFrom}.
problem collector.path_unknown root
  There is no collector at this path. (404 or 405 at {shown})
  Add the path that the backend has in front of /v1/traces to {endpointFrom} (Langfuse: /api/public/otel, OpenObserve: /api/<organisation>), or correct the port: OTLP over HTTP is 4318 by convention.
problem collector.proxy_refused answer
  The proxy {proxy} asks for credentials (407).
  Put them into HTTP_PROXY (http://user:password@host:port), or go past it: NO_PROXY={hostname}
problem collector.too_large
  Even a trace of one span is too large for the collector (413).{says}
  Raise the body limit of the collector, or of the proxy in front of it (nginx: client_max_body_size).
problem collector.rate_limited
  The collector accepts no more traces for now (429).{says}
  Look at the quota of the plan or the limits of the collector. Traces are kept and sent again for five minutes.
problem collector.refused_status
  The collector refuses the trace ({status}).{says}
  Check whether {shown} is the collector’s address for OTLP traces over HTTP.
problem collector.server_error
  The collector, or a gateway in front of it, fails ({status}).{says}
  Look into its log, and whether its own backend is up. Traces are kept and sent again for five minutes.
problem collector.proxy_refused
  The proxy {proxy} does not open a tunnel to the collector. ({failure})
  Put the proxy’s credentials into HTTPS_PROXY (http://user:password@host:port), let the proxy allow {host}, or go past it: NO_PROXY={hostname}
problem collector.proxy_away
  The proxy {proxy} cannot be reached. ({failure})
  Correct {proxyVariable} (or ALL_PROXY), or go past it: NO_PROXY={hostname}
problem collector.not_http
  {host} does not speak HTTP/1.1: this looks like a gRPC port. ({failure})
  Use the collector’s port for OTLP over HTTP, by convention 4318, in {endpointFrom}.
problem collector.refused
  Nothing listens at {host}. ({failure})
  Start the collector, or correct host and port in {endpointFrom}.
problem collector.refused local
  Nothing listens at {host}. ({failure})
  Start the collector (npx catalyst-tracing dev is one), or correct the port. In a container, localhost is the container itself: use the name of the collector’s service, or host.docker.internal (npx catalyst-tracing dev --host 0.0.0.0).
problem collector.refused grpc
  Nothing listens at {host}. ({failure})
  Port 4317 is for gRPC: use the port for OTLP over HTTP, by convention 4318, in {endpointFrom}.
problem collector.dns
  The name {hostname} cannot be resolved. ({failure})
  Correct the host in {endpointFrom}; if it is right, look at the DNS of this machine or container.
problem collector.timeout
  {host} did not answer within {timeoutMillis} ms. ({failure})
  Look for a firewall that drops the packets, and for a proxy that is needed (HTTPS_PROXY). A slow collector gets more time by OTEL_EXPORTER_OTLP_TIMEOUT, in milliseconds.
problem collector.tls_untrusted
  The certificate of {host} is signed by an authority that Node does not know. ({failure})
  Set OTEL_EXPORTER_OTLP_CERTIFICATE to the PEM file of that authority (or of the certificate itself, where it signed itself).
problem collector.tls_expired
  The certificate of {host} has expired, or is not valid yet. ({failure})
  Renew the certificate, and look at the clock of this machine.
problem collector.tls_name
  The certificate of {host} is for another host. ({failure})
  Use a host name of the certificate in {endpointFrom}.
problem collector.not_tls
  {host} does not speak TLS. ({failure})
  Write http:// instead of https:// in {endpointFrom}.
problem collector.cut
  {host} closed the connection without an answer. ({failure})
  Check whether the port in {endpointFrom} is the one for OTLP over HTTP, whether it needs {otherScheme}, and into the collector’s log.
problem collector.cut grpc
  {host} closed the connection without an answer. ({failure})
  Port 4317 is for gRPC: use the port for OTLP over HTTP, by convention 4318, in {endpointFrom}.
warning collector.clear_text
  The credentials travel unencrypted.
  Write https:// in {endpointFrom}, if the collector has it.
warning collector.langfuse_late
  Langfuse may show traces ten minutes late: the header {header} is missing.
  Add it to OTEL_EXPORTER_OTLP_HEADERS: {header}=4
ok collector.metrics
  It accepts metrics too.
problem collector.metrics_nowhere
  Metrics are on, and the endpoint does not end in /v1/traces: they go nowhere.
  Set CATALYST_OTLP_ENDPOINT to a base URL.
problem collector.metrics_refused
  Metrics are on, and the collector does not accept them ({reason}).
  Give the collector a pipeline for metrics, or turn them off: CATALYST_METRICS=false.
`;

/** What the texts of a finding name. */
export type Facts = Readonly<Record<string, string | number | undefined>>;

/** The finding of this code, or of a code and a variant, about these facts. */
export function finding(id: string, facts: Facts = {}): Finding {
  const entry = FINDINGS.split(/\n(?=\w)/).find((each) =>
    each.split('\n', 1)[0]?.endsWith(` ${id}`),
  );
  const [head = '', text = '', fix = ''] = entry?.trimEnd().split('\n  ') ?? [];
  const [levelName, code = ''] = head.split(' ');
  const level = LEVELS.find((each) => each === levelName);
  const topic = TOPICS.find((each) => code.startsWith(`${each}.`));
  if (level === undefined || topic === undefined) throw new Error(`no finding ${id}`);
  const fill = (template: string): string =>
    template.replace(/\{(\w+)\}/g, (hole, name) => String(facts[name] ?? hole));
  return { topic, code, level, text: fill(text), ...(fix !== '' && { fix: fill(fix) }) };
}
