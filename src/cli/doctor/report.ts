import type { Paint, Style } from '../terminal.js';

/** `info` states a fact; a `warning` may bite later; a `problem` keeps traces from arriving. */
export type FindingLevel = 'ok' | 'info' | 'warning' | 'problem';

/** The parts of a report, in the order in which they are shown. */
const HEADINGS = {
  settings: 'Settings',
  versions: 'Versions',
  livekit: 'LiveKit',
  collector: 'Collector',
} as const;

type Topic = keyof typeof HEADINGS;

/** One thing that the doctor saw. Neither text contains a secret. */
export interface Finding {
  readonly topic: Topic;
  /** Stable name for scripts, such as `collector.unauthorized`. */
  readonly code: string;
  readonly level: FindingLevel;
  readonly text: string;
  /** What to do next; problems and warnings have one. */
  readonly fix?: string;
}

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

/** The report as people read it. */
export function renderReport(report: DoctorReport, paint: Paint): string {
  const lines = [`catalyst-tracing ${report.version} doctor`];
  for (const [topic, heading] of Object.entries(HEADINGS)) {
    const findings = report.findings.filter((finding) => finding.topic === topic);
    const settings = topic === 'settings' ? renderSettings(report.settings, paint) : [];
    if (findings.length === 0 && settings.length === 0) continue;
    lines.push('', paint('bold', heading), ...settings);
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

/** Makes findings of one topic; codes begin with its name. */
export function findingsOf(
  topic: Topic,
): (code: string, level: FindingLevel, text: string, fix?: string) => Finding {
  return (code, level, text, fix) => ({
    topic,
    code: `${topic}.${code}`,
    level,
    text,
    ...(fix !== undefined && { fix }),
  });
}
