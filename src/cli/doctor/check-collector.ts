import type { ResolvedOptions } from '../../options/resolve-options.js';
import { explainAnswer, explainFailure } from './explain.js';
import { createProbe, type Attempt, type Destination, type Packing, type Probe } from './probe.js';
import { findingsOf, type Finding } from './report.js';

const finding = findingsOf('collector');

/** Statuses that may be about how the trace was packed. */
const PACKING_STATUSES: ReadonlySet<number> = new Set([400, 406, 415, 422, 500, 501]);

const LOCAL = /^(?:localhost|127\.|\[::1\]|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/;
const LANGFUSE_PATH = '/api/public/otel/';
/** https://langfuse.com/integrations/native/opentelemetry: the way in by which traces show at once. */
const LANGFUSE_HEADER = 'x-langfuse-ingestion-version';

/** Sends a test trace to the configured collector and explains what came of it. */
export async function checkCollector(resolved: ResolvedOptions): Promise<readonly Finding[]> {
  const probe = createProbe(resolved);
  if (probe === undefined) return [];
  const { destination, traceId } = probe;
  const attempt = await probe.send(resolved);
  if ('failure' in attempt) return [explainFailure(attempt.failure, destination)];
  const other = PACKING_STATUSES.has(attempt.status)
    ? await findPacking(probe, resolved)
    : undefined;
  if (other !== undefined) return [explainPacking(attempt.status, other, resolved)];
  const explained = explainAnswer(attempt, destination);
  const isTaken = explained.level === 'ok';
  const text = isTaken ? `${explained.text} Look there for trace ${traceId}.` : explained.text;
  return [
    { ...explained, text },
    ...remarkOnDestination(destination),
    ...(resolved.metrics === undefined ? [] : await checkMetrics(probe)),
  ];
}

async function checkMetrics(probe: Probe): Promise<readonly Finding[]> {
  const attempt = await probe.sendMetrics();
  if (attempt === undefined) {
    const text = 'Metrics are on, and the endpoint does not end in /v1/traces: they go nowhere.';
    return [
      finding('metrics_nowhere', 'problem', text, 'Set CATALYST_OTLP_ENDPOINT to a base URL.'),
    ];
  }
  if (isAccepted(attempt)) return [finding('metrics', 'ok', 'It accepts metrics too.')];
  const reason = 'status' in attempt ? attempt.status : attempt.failure;
  return [
    finding(
      'metrics_refused',
      'problem',
      `Metrics are on, and the collector does not accept them (${reason}).`,
      'Give the collector a pipeline for metrics, or turn them off: CATALYST_METRICS=false.',
    ),
  ];
}

/** Another way of packing that this collector takes, so that the fix is known and not guessed. */
async function findPacking(probe: Probe, configured: Packing): Promise<Packing | undefined> {
  const protocol = configured.protocol === 'http/json' ? 'http/protobuf' : 'http/json';
  const ways: readonly Packing[] = [
    { protocol: configured.protocol, compression: 'none' },
    { protocol, compression: configured.compression },
    { protocol, compression: 'none' },
  ];
  for (const way of ways) {
    const isSame =
      way.protocol === configured.protocol && way.compression === configured.compression;
    if (!isSame && isAccepted(await probe.send(way))) return way;
  }
  return undefined;
}

function isAccepted(attempt: Attempt): boolean {
  return 'status' in attempt && attempt.status >= 200 && attempt.status < 300;
}

function explainPacking(status: number, works: Packing, configured: Packing): Finding {
  const changes = [
    works.protocol === configured.protocol ? [] : [`OTEL_EXPORTER_OTLP_PROTOCOL=${works.protocol}`],
    works.compression === configured.compression
      ? []
      : [`OTEL_EXPORTER_OTLP_COMPRESSION=${works.compression}`],
  ].flat();
  const refused = [
    works.protocol === configured.protocol ? [] : [configured.protocol],
    works.compression === configured.compression ? [] : [configured.compression],
  ].flat();
  return finding(
    'packing',
    'problem',
    `The collector does not accept ${refused.join(' with ')} (${status}); the same trace was accepted as ${works.protocol}, compression ${works.compression}.`,
    `Set ${changes.join(' and ')}`,
  );
}

/** Remarks on a destination that accepts the trace. */
function remarkOnDestination(destination: Destination): readonly Finding[] {
  return [...remarkOnClearText(destination), ...remarkOnLangfuse(destination)];
}

function remarkOnClearText(destination: Destination): readonly Finding[] {
  const { url, authorizationFrom, endpointFrom } = destination;
  const isSafe = url.protocol === 'https:' || LOCAL.test(url.hostname);
  if (isSafe || authorizationFrom === undefined) return [];
  return [
    finding(
      'clear_text',
      'warning',
      'The credentials travel unencrypted.',
      `Write https:// in ${endpointFrom}, if the collector has it.`,
    ),
  ];
}

function remarkOnLangfuse({ url, headerNames }: Destination): readonly Finding[] {
  const isLangfuse = url.pathname.includes(LANGFUSE_PATH);
  if (!isLangfuse || headerNames.has(LANGFUSE_HEADER)) return [];
  return [
    finding(
      'langfuse_late',
      'warning',
      `Langfuse may show traces ten minutes late: the header ${LANGFUSE_HEADER} is missing.`,
      `Add it to OTEL_EXPORTER_OTLP_HEADERS: ${LANGFUSE_HEADER}=4`,
    ),
  ];
}
