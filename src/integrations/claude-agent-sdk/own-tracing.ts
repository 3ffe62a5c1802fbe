import { warnOnce } from '../../diagnostics.js';

/** All of them set, Claude Code sends spans by itself, past this process. */
const SWITCHES = ['CLAUDE_CODE_ENABLE_TELEMETRY', 'CLAUDE_CODE_ENHANCED_TELEMETRY_BETA'] as const;
const EXPORTER = 'OTEL_TRACES_EXPORTER';

/**
 * Whether Claude Code's own spans count the tokens: they stand in the same trace (`TRACEPARENT`),
 * with `gen_ai.usage.*` on each model call. Ours then go without.
 */
export function countsElsewhere(env: Readonly<Record<string, unknown>>): boolean {
  const exporter = env[EXPORTER];
  const isOn =
    SWITCHES.every((name) => env[name] === '1' || env[name] === 'true') &&
    typeof exporter === 'string' &&
    exporter !== '' &&
    exporter !== 'none';
  if (isOn) {
    warnOnce(
      'claude_code_counts',
      `Claude Code's own tracing is on (${SWITCHES.join(', ')}, ${EXPORTER}): its spans count the tokens, so ours do not. Unset one of these to have them here.`,
    );
  }
  return isOn;
}
