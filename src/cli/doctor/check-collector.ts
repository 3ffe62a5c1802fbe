import type { ResolvedOptions } from '../../options/resolve-options.js';
import { collectFacts } from './collector-facts.js';
import { explainAnswer } from './explain-answer.js';
import { explainFailure } from './explain-failure.js';
import type { Finding } from './finding.js';
import { remarkOnSettings } from './remark-on-settings.js';
import { createTestTrace, type Attempt, type Packing, type TestTrace } from './test-trace.js';

/** Statuses that may be about how the trace was packed. */
const PACKING_STATUSES: ReadonlySet<number> = new Set([400, 406, 415, 422, 500, 501]);

/** Sends a test trace to the configured collector and explains what came of it. */
export async function checkCollector(resolved: ResolvedOptions): Promise<readonly Finding[]> {
  const trace = createTestTrace(resolved);
  if (trace === undefined || resolved.endpoint === undefined) return [];
  const facts = collectFacts(resolved, resolved.endpoint);
  try {
    const attempt = await trace.send(resolved);
    if (attempt.kind === 'failure') return [explainFailure(attempt.code, facts)];
    const other = PACKING_STATUSES.has(attempt.answer.status)
      ? await findPacking(trace, resolved)
      : undefined;
    if (other !== undefined) return [explainPacking(attempt.answer.status, other, resolved)];
    return [withTraceId(explainAnswer(attempt.answer, facts), trace), ...remarkOnSettings(facts)];
  } finally {
    trace.close();
  }
}

/** Another way of packing that this collector takes, so that the fix is known and not guessed. */
async function findPacking(trace: TestTrace, configured: Packing): Promise<Packing | undefined> {
  const protocol = configured.protocol === 'http/json' ? 'http/protobuf' : 'http/json';
  const ways: readonly Packing[] = [
    { protocol: configured.protocol, compression: 'none' },
    { protocol, compression: configured.compression },
    { protocol, compression: 'none' },
  ];
  for (const way of ways) {
    const isSame =
      way.protocol === configured.protocol && way.compression === configured.compression;
    if (!isSame && isAccepted(await trace.send(way))) return way;
  }
  return undefined;
}

function isAccepted(attempt: Attempt): boolean {
  if (attempt.kind === 'failure') return false;
  return attempt.answer.status >= 200 && attempt.answer.status < 300;
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
  return {
    topic: 'collector',
    code: 'collector.packing',
    level: 'problem',
    text: `The collector does not take ${refused.join(' with ')} (${status}); the same trace was accepted as ${works.protocol}, compression ${works.compression}.`,
    fix: `Set ${changes.join(' and ')}`,
  };
}

function withTraceId(finding: Finding, { traceId }: TestTrace): Finding {
  if (finding.level !== 'ok') return finding;
  return { ...finding, text: `${finding.text} Look there for trace ${traceId}.` };
}
