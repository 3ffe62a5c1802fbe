import type { CollectorFacts } from './collector-facts.js';
import type { Finding } from './finding.js';

const LOCAL = /^(?:localhost|127\.|\[::1\]|10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)/;
const LANGFUSE_PATH = '/api/public/otel/';
/** https://langfuse.com/integrations/native/opentelemetry: the way in by which traces show at once. */
const LANGFUSE_HEADER = 'x-langfuse-ingestion-version';

/** What is worth a word even where the collector takes the trace. */
export function remarkOnSettings(facts: CollectorFacts): readonly Finding[] {
  return [...remarkOnClearText(facts), ...remarkOnLangfuse(facts)];
}

function remarkOnClearText(facts: CollectorFacts): readonly Finding[] {
  const { url, authorizationFrom, endpointFrom } = facts;
  const isSafe = url.protocol === 'https:' || LOCAL.test(url.hostname);
  if (isSafe || authorizationFrom === undefined) return [];
  return [
    warning(
      'clear_text',
      'The credentials travel unencrypted.',
      `Write https:// in ${endpointFrom}, if the collector has it.`,
    ),
  ];
}

function remarkOnLangfuse({ url, headerNames }: CollectorFacts): readonly Finding[] {
  const isLangfuse = url.pathname.includes(LANGFUSE_PATH);
  if (!isLangfuse || headerNames.has(LANGFUSE_HEADER)) return [];
  return [
    warning(
      'langfuse_late',
      `Langfuse may show traces ten minutes late: the header ${LANGFUSE_HEADER} is missing.`,
      `Add it to OTEL_EXPORTER_OTLP_HEADERS: ${LANGFUSE_HEADER}=4`,
    ),
  ];
}

function warning(code: string, text: string, fix: string): Finding {
  return { topic: 'collector', code: `collector.${code}`, level: 'warning', text, fix };
}
