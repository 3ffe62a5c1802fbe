import type { CompatibilityCase } from './compatibility-cases.js';

/** What a case was seen to give. */
export interface CompatibilityResult {
  readonly given: CompatibilityCase;
  /** Major version of the Node that ran the application. */
  readonly node: string;
  readonly traces: number;
}

const HEADINGS = ['`@livekit/agents`', 'Node', 'application', 'installed with', 'traces'];
const BLOCK = /<!-- compatibility: [^\n]*-->\n+(?<table>.*?)\n+<!-- \/compatibility -->/s;

/** The table of the README: a row for each version of LiveKit, with everything that it was run on. */
export function renderTable(results: readonly CompatibilityResult[]): string {
  const versions = new Map<string, CompatibilityResult[]>();
  for (const result of results) {
    const { livekit } = result.given;
    versions.set(livekit, [...(versions.get(livekit) ?? []), result]);
  }
  const rows = [...versions].map(([livekit, runs]) => [
    livekit,
    list(runs.map(({ node }) => node).toSorted()),
    list(runs.map(({ given }) => given.application)),
    list(runs.map(({ given }) => installedWith(given))),
    runs.every(({ traces }) => traces === 1) ? 'one' : 'several, one `session.id`',
  ]);
  return [HEADINGS, HEADINGS.map(() => '---'), ...rows].map(renderRow).join('\n');
}

/** The table that a README has in its place, as {@link renderTable} would write it. */
export function tableOf(readme: string): string | undefined {
  const table = BLOCK.exec(readme)?.groups?.['table'];
  return table
    ?.split('\n')
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replace(/^-+$/, '---')),
    )
    .map(renderRow)
    .join('\n');
}

function installedWith({ packageManager, apiCopies }: CompatibilityCase): string {
  return apiCopies === 'one' ? packageManager : `${packageManager} with two \`@opentelemetry/api\``;
}

function renderRow(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function list(values: readonly string[]): string {
  return [...new Set(values)].join(', ');
}
