import type { Paint, Style } from '../terminal.js';
import { type Finding, type FindingLevel, TOPICS } from './findings.js';

/** One decided setting and where it came from. */
export interface ShownSetting {
  readonly name: string;
  readonly value: string;
  /** `option`, `default`, or names of variables, the strongest first. */
  readonly from: string;
}

export interface DoctorReport {
  /** Whether no finding is a problem. */
  readonly ok: boolean;
  readonly version: string;
  /** Whose set-up was examined: that of a file, or the environment. */
  readonly tested: string;
  readonly settings: readonly ShownSetting[];
  readonly findings: readonly Finding[];
}

const MARKS: Readonly<Record<FindingLevel, readonly [string, Style]>> = {
  ok: ['✓', 'green'],
  info: ['·', 'dim'],
  warning: ['!', 'yellow'],
  problem: ['✗', 'red'],
};

const HEADINGS: Readonly<Record<Finding['topic'], string>> = {
  settings: 'Settings',
  versions: 'Versions',
  livekit: 'LiveKit',
  collector: 'Collector',
};

/** The report as people read it. */
export function renderReport(report: DoctorReport, paint: Paint): string {
  const lines = [`catalyst-tracing ${report.version} doctor`];
  for (const topic of TOPICS) {
    const findings = report.findings.filter((finding) => finding.topic === topic);
    const settings = topic === 'settings' ? renderSettings(report.settings, paint) : [];
    if (findings.length === 0 && settings.length === 0) continue;
    lines.push('', paint('bold', HEADINGS[topic]), ...settings);
    for (const finding of findings) lines.push(...renderFinding(finding, paint));
  }
  lines.push('', renderConclusion(report, paint), '');
  return lines.join('\n');
}

function renderSettings(settings: readonly ShownSetting[], paint: Paint): readonly string[] {
  const nameWidth = Math.max(0, ...settings.map(({ name }) => name.length));
  const valueWidth = Math.min(60, Math.max(0, ...settings.map(({ value }) => value.length)));
  return settings.map(
    ({ name, value, from }) =>
      `    ${name.padEnd(nameWidth)}  ${value.padEnd(valueWidth)}  ${paint('dim', from)}`,
  );
}

function renderFinding({ level, text, fix }: Finding, paint: Paint): readonly string[] {
  const [mark, style] = MARKS[level];
  const line = `  ${paint(style, mark)} ${text}`;
  return fix === undefined ? [line] : [line, `    ${paint('bold', '→')} ${fix}`];
}

function renderConclusion({ findings, ok, tested }: DoctorReport, paint: Paint): string {
  const count = (level: FindingLevel): number =>
    findings.filter((finding) => finding.level === level).length;
  const warnings = plural(count('warning'), 'warning');
  return ok
    ? paint('green', `Tracing works with ${tested}${count('warning') > 0 ? `; ${warnings}` : ''}.`)
    : paint('red', `${plural(count('problem'), 'problem')}, ${warnings}.`);
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
