import type { CollectorFacts } from './collector-facts.js';
import type { Finding } from './finding.js';

const TRACES_PATH = '/v1/traces';

/** Why there is nothing at the path that the trace was sent to. */
export function explainPath({ url, shown, endpointFrom }: CollectorFacts): Finding {
  const wrong = (code: string, text: string, fix: string): Finding => ({
    topic: 'collector',
    code: `collector.${code}`,
    level: 'problem',
    text: `${text} (404 or 405 at ${shown})`,
    fix,
  });
  const path = url.pathname.replace(/\/+$/, '');
  const undoubled = path.replace(/(?:\/v1(?:\/traces)?)+\/v1\/traces$/, TRACES_PATH);
  if (undoubled !== path) {
    return wrong(
      'path_doubled',
      'A part of the path is there twice.',
      `Set ${endpointFrom} to ${url.origin}${asWritten(undoubled, endpointFrom)}`,
    );
  }
  if (!path.endsWith(TRACES_PATH)) {
    return wrong(
      'path_incomplete',
      `${endpointFrom} is used as it is, and does not end in ${TRACES_PATH}.`,
      `Set ${endpointFrom} to ${url.origin}${path}${TRACES_PATH}`,
    );
  }
  const prefix = path.slice(0, -TRACES_PATH.length);
  return wrong(
    'path_unknown',
    'There is no collector at this path.',
    prefix === ''
      ? `Add the path that the backend has in front of ${TRACES_PATH} to ${endpointFrom} (Langfuse: /api/public/otel, OpenObserve: /api/<organisation>), or correct the port: OTLP over HTTP is 4318 by convention.`
      : `Look whether the backend really has ${prefix} in front of ${TRACES_PATH}; the base URL belongs in ${endpointFrom}.`,
  );
}

/** What to write: the variable of the traces endpoint is used as it is, the others get the path appended. */
function asWritten(path: string, endpointFrom: string): string {
  return endpointFrom === 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
    ? path
    : path.slice(0, -TRACES_PATH.length);
}
