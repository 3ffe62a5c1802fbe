import type { Destination } from './probe.js';
import { findingsOf, type Finding } from './report.js';

interface Explanation {
  readonly code: string;
  readonly text: (destination: Destination) => string;
  readonly fix: (destination: Destination) => string;
}

const GRPC_PORT = '4317';
const isLoopback = ({ url }: Destination): boolean =>
  /^(?:localhost|127\.|\[::1\])/.test(url.hostname);

const useHttpPort = ({ endpointFrom }: Destination): string =>
  `Port ${GRPC_PORT} is for gRPC: use the port for OTLP over HTTP, by convention 4318, in ${endpointFrom}.`;

const REFUSED: Explanation = {
  code: 'refused',
  text: ({ url }) => `Nothing listens at ${url.host}.`,
  fix: (destination) =>
    destination.url.port === GRPC_PORT
      ? useHttpPort(destination)
      : isLoopback(destination)
        ? 'Start the collector (npx catalyst-tracing dev is one), or correct the port. In a container, localhost is the container itself: use the name of the collector’s service, or host.docker.internal.'
        : `Start the collector, or correct host and port in ${destination.endpointFrom}.`,
};

const DNS: Explanation = {
  code: 'dns',
  text: ({ url }) => `The name ${url.hostname} cannot be resolved.`,
  fix: ({ endpointFrom }) =>
    `Correct the host in ${endpointFrom}; if it is right, look at the DNS of this machine or container.`,
};

const TIMEOUT: Explanation = {
  code: 'timeout',
  text: ({ url, timeoutMillis }) => `${url.host} did not answer within ${timeoutMillis} ms.`,
  fix: () =>
    'Look for a firewall that drops the packets, and for a proxy that is needed (HTTPS_PROXY). A slow collector gets more time by OTEL_EXPORTER_OTLP_TIMEOUT, in milliseconds.',
};

const UNTRUSTED: Explanation = {
  code: 'tls_untrusted',
  text: ({ url }) =>
    `The certificate of ${url.host} is signed by an authority that Node does not know.`,
  fix: () =>
    'Set OTEL_EXPORTER_OTLP_CERTIFICATE to the PEM file of that authority (or of the certificate itself, where it signed itself).',
};

const TLS_EXPIRED: Explanation = {
  code: 'tls_expired',
  text: ({ url }) => `The certificate of ${url.host} has expired, or is not valid yet.`,
  fix: () => 'Renew the certificate, and look at the clock of this machine.',
};

const TLS_NAME: Explanation = {
  code: 'tls_name',
  text: ({ url }) => `The certificate of ${url.host} is for another host.`,
  fix: ({ endpointFrom }) => `Use a host name of the certificate in ${endpointFrom}.`,
};

const NOT_TLS: Explanation = {
  code: 'not_tls',
  text: ({ url }) => `${url.host} does not speak TLS.`,
  fix: ({ endpointFrom }) => `Write http:// instead of https:// in ${endpointFrom}.`,
};

const NOT_HTTP: Explanation = {
  code: 'not_http',
  text: ({ url }) => `${url.host} does not speak HTTP/1.1: this looks like a gRPC port.`,
  fix: ({ endpointFrom }) =>
    `Use the collector’s port for OTLP over HTTP, by convention 4318, in ${endpointFrom}.`,
};

const CUT: Explanation = {
  code: 'cut',
  text: ({ url }) => `${url.host} closed the connection without an answer.`,
  fix: (destination) =>
    destination.url.port === GRPC_PORT
      ? useHttpPort(destination)
      : `Look whether the port in ${destination.endpointFrom} is the one for OTLP over HTTP, whether it wants ${destination.url.protocol === 'https:' ? 'http' : 'https'}://, and into the collector’s log.`,
};

const PROXY_REFUSED: Explanation = {
  code: 'proxy_refused',
  text: ({ proxy }) => `The proxy ${proxy ?? ''} does not open a tunnel to the collector.`,
  fix: ({ url }) =>
    `Put the proxy’s credentials into HTTPS_PROXY (http://user:password@host:port), let the proxy allow ${url.host}, or go past it: NO_PROXY=${url.hostname}`,
};

const PROXY_AWAY: Explanation = {
  code: 'proxy_away',
  text: ({ proxy }) => `The proxy ${proxy ?? ''} cannot be reached.`,
  fix: ({ url }) =>
    `Correct ${url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'} (or ALL_PROXY), or go past it: NO_PROXY=${url.hostname}`,
};

const BY_CODE: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: REFUSED,
  ENOTFOUND: DNS,
  EAI_AGAIN: DNS,
  ETIMEDOUT: TIMEOUT,
  EHOSTUNREACH: TIMEOUT,
  ENETUNREACH: TIMEOUT,
  timeout: TIMEOUT,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  CERT_HAS_EXPIRED: TLS_EXPIRED,
  CERT_NOT_YET_VALID: TLS_EXPIRED,
  ERR_TLS_CERT_ALTNAME_INVALID: TLS_NAME,
  EPROTO: NOT_TLS,
  ERR_SSL_WRONG_VERSION_NUMBER: NOT_TLS,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: NOT_TLS,
};

const PROXY_UNREACHABLE: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
]);

/** Says what a request that got no answer ran into, and what to do about it. */
export function explainFailure(failureCode: string, destination: Destination): Finding {
  const { code, text, fix } = explanationOf(failureCode, destination);
  const shown = `${text(destination)} (${destination.scrub(failureCode)})`;
  return findingsOf('collector')(code, 'problem', shown, fix(destination));
}

function explanationOf(code: string, { proxy }: Destination): Explanation {
  if (code.startsWith('the proxy refused')) return PROXY_REFUSED;
  if (code.startsWith('the proxy')) return PROXY_AWAY;
  if (proxy !== undefined && PROXY_UNREACHABLE.has(code)) return PROXY_AWAY;
  if (code === 'not_http' || code.startsWith('HPE_')) return NOT_HTTP;
  return BY_CODE[code] ?? CUT;
}
