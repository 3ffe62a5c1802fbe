import type { HttpResponse } from '../../export/http-transport.js';
import { messageOf, readPartialSuccess } from '../../export/otlp-response.js';
import { findingsOf, type Finding } from './report.js';

/** Where traces go, as far as it may be shown: it contains no secret. */
export interface Destination {
  /** Origin and path. */
  readonly url: URL;
  readonly shown: string;
  /** Variable that the endpoint came from, or the option. */
  readonly endpointFrom: string;
  /** Where the `Authorization` header came from; `undefined` without one. */
  readonly authorizationFrom: string | undefined;
  /** Basic or Bearer; `undefined` for another. */
  readonly scheme: string | undefined;
  /** Host and port of the proxy on the way. */
  readonly proxy: string | undefined;
  readonly timeoutMillis: number;
  /** Makes one short line of the collector's message, without header values. */
  readonly scrub: (text: string) => string;
}

type Explain = (to: Destination, answer: HttpResponse) => Finding;

const TRACES_PATH = '/v1/traces';

/** Statuses with a specific explanation; others are explained by their class. */
const BY_STATUS: Readonly<Record<number, Explain>> = {
  400: (to, answer) =>
    /plain HTTP request was sent to HTTPS/i.test(answer.body.toString('utf8'))
      ? finding(
          'wants_tls',
          `${to.url.host} needs TLS.`,
          `Write https:// instead of http:// in ${to.endpointFrom}.`,
        )
      : finding(
          'bad_request',
          `The collector could not read the request (400).${says(to, answer)}`,
          `Check whether ${to.shown} is the collector’s address for OTLP traces over HTTP.`,
        ),
  401: explainUnauthorized,
  403: (to, answer) =>
    finding(
      'forbidden',
      `The collector knows the credentials and forbids writing traces with them (403).${says(to, answer)}`,
      to.authorizationFrom === undefined
        ? 'Set CATALYST_OTLP_TOKEN, or the header that the backend asks for in OTEL_EXPORTER_OTLP_HEADERS.'
        : `Let the key in ${to.authorizationFrom} write traces (a public or read-only key may not), and check whether it belongs to this project, organisation and region.`,
    ),
  404: explainPath,
  405: explainPath,
  407: (to) =>
    finding(
      'proxy_refused',
      `The proxy ${to.proxy ?? ''} asks for credentials (407).`,
      `Put them into HTTP_PROXY (http://user:password@host:port), or go past it: NO_PROXY=${to.url.hostname}`,
    ),
  413: (to, answer) =>
    finding(
      'too_large',
      `Even a trace of one span is too large for the collector (413).${says(to, answer)}`,
      'Raise the body limit of the collector, or of the proxy in front of it (nginx: client_max_body_size).',
    ),
  429: (to, answer) =>
    finding(
      'rate_limited',
      `The collector accepts no more traces for now (429).${says(to, answer)}`,
      'Look at the quota of the plan or the limits of the collector. Traces are kept and sent again for five minutes.',
    ),
};

const createFinding = findingsOf('collector');

function finding(code: string, text: string, fix: string): Finding {
  return createFinding(code, 'problem', text, fix);
}

/** What the collector says, after a blank; empty when it says nothing that can be shown. */
function says(to: Destination, { status, headers, body }: HttpResponse): string {
  const type = headers['content-type'] ?? '';
  const outcome = status < 300 ? readPartialSuccess(body, type) : undefined;
  const partial = outcome?.kind === 'accepted' ? outcome.message : '';
  const text = to.scrub(partial || messageOf(body, type));
  return text === '' || text.startsWith('<') || type.includes('html') ? '' : ` It says: ${text}`;
}

function explainUnauthorized(to: Destination, answer: HttpResponse): Finding {
  const asked = answer.headers['www-authenticate'] ?? '';
  const text = `The collector does not accept the credentials (401).${says(to, answer)}`;
  if (to.authorizationFrom === undefined) {
    return finding(
      'unauthorized',
      `The collector asks for credentials and none are set (401).${says(to, answer)}`,
      /^basic/i.test(asked)
        ? 'Set OTEL_EXPORTER_OTLP_HEADERS="Authorization=Basic <base64 of user:password>".'
        : 'Set CATALYST_OTLP_TOKEN, or the header that the backend asks for: OTEL_EXPORTER_OTLP_HEADERS="name=value".',
    );
  }
  if (/^basic/i.test(asked) && !/^basic$/i.test(to.scheme ?? '')) {
    return finding(
      'unauthorized',
      `${text} It asks for Basic, and ${to.scheme ?? 'another scheme'} is sent.`,
      `Unset ${to.authorizationFrom} and set OTEL_EXPORTER_OTLP_HEADERS="Authorization=Basic <base64 of user:password>".`,
    );
  }
  return finding(
    'unauthorized',
    text,
    `Correct the value of ${to.authorizationFrom}: it may be cut, expired, or of another project, region or environment.`,
  );
}

function explainRedirect(to: Destination, answer: HttpResponse): Finding {
  // Without query and user info, which may be secrets.
  const location = answer.headers.location?.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
  const where = location === undefined ? 'another address' : to.scrub(`a redirect to ${location}`);
  return finding(
    'redirect',
    `The collector answers with ${where} (${answer.status}), which is not followed: it would lose the request’s body or give its key away.`,
    `Set ${to.endpointFrom} to the address that it redirects to (often https:// instead of http://, or a login page in front of the collector).`,
  );
}

function explainAccepted(to: Destination, answer: HttpResponse): Finding {
  if (/^text\/html/i.test(answer.headers['content-type'] ?? '')) {
    return finding(
      'web_page',
      `${to.shown} answers ${answer.status} with a web page: this is not a collector.`,
      `Set ${to.endpointFrom} to the address for OTLP over HTTP; a backend’s web interface often has another port or path.`,
    );
  }
  const outcome = readPartialSuccess(answer.body, answer.headers['content-type'] ?? '');
  if (outcome.kind === 'accepted' && outcome.rejected > 0) {
    return finding(
      'rejected',
      `The collector took the request and rejected the span.${says(to, answer)}`,
      'Look into the collector’s log for the reason.',
    );
  }
  return createFinding(
    'accepted',
    'ok',
    `The collector at ${to.shown} accepted a test trace (${answer.status}).${says(to, answer)}`,
  );
}

/** Says what an answer means, and what to do about it. */
export function explainAnswer(answer: HttpResponse, to: Destination): Finding {
  const { status } = answer;
  if (status >= 200 && status < 300) return explainAccepted(to, answer);
  const explain = BY_STATUS[status];
  if (explain !== undefined) return explain(to, answer);
  if (status >= 300 && status < 400) return explainRedirect(to, answer);
  if (status < 500) {
    return finding(
      'refused_status',
      `The collector refuses the trace (${status}).${says(to, answer)}`,
      `Check whether ${to.shown} is the collector’s address for OTLP traces over HTTP.`,
    );
  }
  return finding(
    'server_error',
    `The collector, or a gateway in front of it, fails (${status}).${says(to, answer)}`,
    'Look into its log, and whether its own backend is up. Traces are kept and sent again for five minutes.',
  );
}

/** Why there is nothing at the path that the trace was sent to. */
function explainPath({ url, shown, endpointFrom }: Destination): Finding {
  const wrong = (code: string, text: string, fix: string): Finding =>
    finding(code, `${text} (404 or 405 at ${shown})`, fix);
  const path = url.pathname.replace(/\/+$/, '');
  const undoubled = path.replace(/(?:\/v1(?:\/traces)?)+\/v1\/traces$/, TRACES_PATH);
  if (undoubled !== path) {
    return wrong(
      'path_doubled',
      'A part of the path is repeated.',
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
      : `Check whether the backend really has ${prefix} in front of ${TRACES_PATH}; the base URL belongs in ${endpointFrom}.`,
  );
}

/** What to write: the variable of the traces endpoint is used as it is, the others get the path appended. */
function asWritten(path: string, endpointFrom: string): string {
  return endpointFrom === 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'
    ? path
    : path.slice(0, -TRACES_PATH.length);
}

type Text = (to: Destination) => string;

const isLoopback = ({ url }: Destination): boolean =>
  /^(?:localhost|127\.|\[::1\])/.test(url.hostname);

const usesGrpcPort = ({ url }: Destination): boolean => url.port === '4317';
const useHttpPort: Text = ({ endpointFrom }) =>
  `Port 4317 is for gRPC: use the port for OTLP over HTTP, by convention 4318, in ${endpointFrom}.`;

/** Failures by Node's codes, each with the code of the finding, what it says and what to do. */
const FAILURES: readonly (readonly [failure: RegExp, code: string, text: Text, fix: Text])[] = [
  [
    /^the proxy refused/,
    'proxy_refused',
    ({ proxy }) => `The proxy ${proxy ?? ''} does not open a tunnel to the collector.`,
    ({ url }) =>
      `Put the proxy’s credentials into HTTPS_PROXY (http://user:password@host:port), let the proxy allow ${url.host}, or go past it: NO_PROXY=${url.hostname}`,
  ],
  [
    /^proxy (?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/,
    'proxy_away',
    ({ proxy }) => `The proxy ${proxy ?? ''} cannot be reached.`,
    ({ url }) =>
      `Correct ${url.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'} (or ALL_PROXY), or go past it: NO_PROXY=${url.hostname}`,
  ],
  [
    /^HPE_/,
    'not_http',
    ({ url }) => `${url.host} does not speak HTTP/1.1: this looks like a gRPC port.`,
    ({ endpointFrom }) =>
      `Use the collector’s port for OTLP over HTTP, by convention 4318, in ${endpointFrom}.`,
  ],
  [
    /ECONNREFUSED$/,
    'refused',
    ({ url }) => `Nothing listens at ${url.host}.`,
    (to) => {
      if (usesGrpcPort(to)) return useHttpPort(to);
      return isLoopback(to)
        ? 'Start the collector (npx catalyst-tracing dev is one), or correct the port. In a container, localhost is the container itself: use the name of the collector’s service, or host.docker.internal (npx catalyst-tracing dev --host 0.0.0.0).'
        : `Start the collector, or correct host and port in ${to.endpointFrom}.`;
    },
  ],
  [
    /(?:ENOTFOUND|EAI_AGAIN)$/,
    'dns',
    ({ url }) => `The name ${url.hostname} cannot be resolved.`,
    ({ endpointFrom }) =>
      `Correct the host in ${endpointFrom}; if it is right, look at the DNS of this machine or container.`,
  ],
  [
    /(?:timeout|does not answer|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/,
    'timeout',
    ({ url, timeoutMillis }) => `${url.host} did not answer within ${timeoutMillis} ms.`,
    () =>
      'Look for a firewall that drops the packets, and for a proxy that is needed (HTTPS_PROXY). A slow collector gets more time by OTEL_EXPORTER_OTLP_TIMEOUT, in milliseconds.',
  ],
  [
    /SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)/,
    'tls_untrusted',
    ({ url }) =>
      `The certificate of ${url.host} is signed by an authority that Node does not know.`,
    () =>
      'Set OTEL_EXPORTER_OTLP_CERTIFICATE to the PEM file of that authority (or of the certificate itself, where it signed itself).',
  ],
  [
    /CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/,
    'tls_expired',
    ({ url }) => `The certificate of ${url.host} has expired, or is not valid yet.`,
    () => 'Renew the certificate, and look at the clock of this machine.',
  ],
  [
    /ALTNAME_INVALID$/,
    'tls_name',
    ({ url }) => `The certificate of ${url.host} is for another host.`,
    ({ endpointFrom }) => `Use a host name of the certificate in ${endpointFrom}.`,
  ],
  [
    /EPROTO|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/,
    'not_tls',
    ({ url }) => `${url.host} does not speak TLS.`,
    ({ endpointFrom }) => `Write http:// instead of https:// in ${endpointFrom}.`,
  ],
  [
    /^/,
    'cut',
    ({ url }) => `${url.host} closed the connection without an answer.`,
    (to) =>
      usesGrpcPort(to)
        ? useHttpPort(to)
        : `Check whether the port in ${to.endpointFrom} is the one for OTLP over HTTP, whether it needs ${to.url.protocol === 'https:' ? 'http' : 'https'}://, and into the collector’s log.`,
  ],
];

/** Says what a request that got no answer ran into, and what to do about it. */
export function explainFailure(failure: string, to: Destination): Finding {
  const named = to.proxy === undefined || failure.startsWith('the ') ? failure : `proxy ${failure}`;
  const found = FAILURES.find(([pattern]) => pattern.test(named));
  const [, code = 'cut', text, fix] = found ?? [];
  return finding(code, `${text?.(to) ?? ''} (${to.scrub(failure)})`, fix?.(to) ?? '');
}
