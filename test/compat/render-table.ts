import type { CompatibilityCase } from './compatibility-cases.js';

/** What a case was seen to give. */
export interface CompatibilityResult {
  readonly given: CompatibilityCase;
  /** Version of the Node that ran the application, such as `20.20`. */
  readonly nodeVersion: string;
  readonly traces: number;
  readonly spans: number;
}

const HEADINGS = [
  'LiveKit',
  'Node',
  'Application',
  'Packages',
  '`@opentelemetry/api`',
  'Traces of a session',
];

/** The table of the README: a row for each case. */
export function renderTable(results: readonly CompatibilityResult[]): string {
  const rows = results.map(({ given, nodeVersion, traces }) => [
    given.livekit,
    nodeVersion,
    given.application,
    given.packageManager,
    given.apiCopies === 'one' ? 'one version' : '1.9 and 1.10',
    traces === 1 ? 'one' : `${traces}, joined by \`session.id\``,
  ]);
  return [HEADINGS, HEADINGS.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.join(' | ')} |`)
    .join('\n');
}
