import { decodeProtobuf, type JsonObject } from '../otlp/protobuf.js';
import type { Answer, Destination } from './probe.js';
import { findingsOf, type Finding } from './report.js';

type Explain = (destination: Destination, answer: Answer) => Finding;

const TRACES_PATH = '/v1/traces';

/** Statuses with an explanation of their own; others go by their hundred. */
const BY_STATUS: Readonly<Record<number, Explain>> = {
  400: (destination, answer) =>
    /plain HTTP request was sent to HTTPS/i.test(answer.body.toString('utf8'))
      ? finding(
          'wants_tls',
          `${destination.url.host} wants TLS.`,
          `Write https:// instead of http:// in ${destination.endpointFrom}.`,
        )
      : finding(
          'bad_request',
          `The collector could not read the request (400).${messageOf(destination, answer)}`,
          `Look whether ${destination.shown} is the collector’s address for OTLP traces over HTTP.`,
        ),
  401: explainUnauthorized,
  403: (destination, answer) =>
    finding(
      'forbidden',
      `The collector knows the credentials and forbids writing traces with them (403).${messageOf(destination, answer)}`,
      destination.authorizationFrom === undefined
        ? 'Set CATALYST_OTLP_TOKEN, or the header that the backend asks for in OTEL_EXPORTER_OTLP_HEADERS.'
        : `Let the key in ${destination.authorizationFrom} write traces (a public or read-only key may not), and look whether it belongs to this project, organisation and region.`,
    ),
  404: explainPath,
  405: explainPath,
  407: (destination) =>
    finding(
      'proxy_refused',
      `The proxy ${destination.proxy ?? ''} asks for credentials (407).`,
      `Put them into HTTP_PROXY (http://user:password@host:port), or go past it: NO_PROXY=${destination.url.hostname}`,
    ),
  413: (destination, answer) =>
    finding(
      'too_large',
      `Even a trace of one span is too large for the collector (413).${messageOf(destination, answer)}`,
      'Raise the body limit of the collector, or of the proxy in front of it (nginx: client_max_body_size).',
    ),
  429: (destination, answer) =>
    finding(
      'rate_limited',
      `The collector takes no more traces for now (429).${messageOf(destination, answer)}`,
      'Look at the quota of the plan or the limits of the collector. Traces are kept and sent again for five minutes.',
    ),
};

const createFinding = findingsOf('collector');

function finding(code: string, text: string, fix: string): Finding {
  return createFinding(code, 'problem', text, fix);
}

/** What the collector says, after a blank; empty when it says nothing that can be shown. */
function messageOf(destination: Destination, answer: Answer): string {
  const text = destination.scrub(readPartialSuccess(answer).message || readMessage(answer));
  return text === '' || text.startsWith('<') ? '' : ` It says: ${text}`;
}

/** The message of a `google.rpc.Status` or of a JSON object, else the text of the body. */
function readMessage({ body, headers }: Answer): string {
  const isProtobuf = headers['content-type']?.includes('protobuf') === true;
  const text = body.toString('utf8').trim();
  if (!isProtobuf && !text.startsWith('{')) return text;
  const { message, error } = isProtobuf ? readBody(body, 'RpcStatus') : readBody(text);
  const found = message ?? error;
  return typeof found === 'string' ? found : isProtobuf ? '' : text;
}

function readPartialSuccess({ status, body, headers }: Answer): {
  readonly rejected: number;
  readonly message: string;
} {
  const isProtobuf = headers['content-type']?.includes('protobuf') === true;
  const { partialSuccess: partial } =
    status >= 300 ? {} : readBody(body, isProtobuf ? 'TraceResponse' : undefined);
  if (typeof partial !== 'object' || partial === null) return { rejected: 0, message: '' };
  const rejected = 'rejectedSpans' in partial ? Number(partial.rejectedSpans) : 0;
  const message = 'errorMessage' in partial ? String(partial.errorMessage) : '';
  return { rejected, message };
}

/** A body in protobuf, or in JSON where no message is named; an empty object for anything else. */
function readBody(body: Buffer | string, message?: string): JsonObject {
  try {
    if (message !== undefined) return decodeProtobuf(Buffer.from(body), message, () => {});
    const json: unknown = JSON.parse(body.toString());
    return typeof json === 'object' && json !== null ? { ...json } : {};
  } catch {
    return {};
  }
}

function explainUnauthorized(destination: Destination, answer: Answer): Finding {
  const asked = answer.headers['www-authenticate'] ?? '';
  const text = `The collector does not accept the credentials (401).${messageOf(destination, answer)}`;
  if (destination.authorizationFrom === undefined) {
    return finding(
      'unauthorized',
      `The collector asks for credentials and none are set (401).${messageOf(destination, answer)}`,
      /^basic/i.test(asked)
        ? 'Set OTEL_EXPORTER_OTLP_HEADERS="Authorization=Basic <base64 of user:password>".'
        : 'Set CATALYST_OTLP_TOKEN, or the header that the backend asks for: OTEL_EXPORTER_OTLP_HEADERS="name=value".',
    );
  }
  if (/^basic/i.test(asked) && destination.scheme !== 'Basic') {
    return finding(
      'unauthorized',
      `${text} It asks for Basic, and ${destination.scheme ?? 'another scheme'} is sent.`,
      `Unset ${destination.authorizationFrom} and set OTEL_EXPORTER_OTLP_HEADERS="Authorization=Basic <base64 of user:password>".`,
    );
  }
  return finding(
    'unauthorized',
    text,
    `Correct the value of ${destination.authorizationFrom}: it may be cut, expired, or of another project, region or environment.`,
  );
}

function explainRedirect(destination: Destination, answer: Answer): Finding {
  // Without query and user info, which may be secrets.
  const location = answer.headers.location?.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
  const where =
    location === undefined ? 'another address' : destination.scrub(`a redirect to ${location}`);
  return finding(
    'redirect',
    `The collector answers with ${where} (${answer.status}), which is not followed: it would lose the request’s body or give its key away.`,
    `Set ${destination.endpointFrom} to the address that it redirects to (often https:// instead of http://, or a login page in front of the collector).`,
  );
}

function explainAccepted(destination: Destination, answer: Answer): Finding {
  if (/^text\/html/i.test(answer.headers['content-type'] ?? '')) {
    return finding(
      'web_page',
      `${destination.shown} answers ${answer.status} with a web page: this is no collector.`,
      `Set ${destination.endpointFrom} to the address for OTLP over HTTP; a backend’s web interface often has another port or path.`,
    );
  }
  if (readPartialSuccess(answer).rejected > 0) {
    return finding(
      'rejected',
      `The collector took the request and rejected the span.${messageOf(destination, answer)}`,
      'Look into the collector’s log for the reason.',
    );
  }
  return createFinding(
    'accepted',
    'ok',
    `The collector at ${destination.shown} accepted a test trace (${answer.status}).${messageOf(destination, answer)}`,
  );
}

/** Says what an answer means, and what to do about it. */
export function explainAnswer(answer: Answer, destination: Destination): Finding {
  const { status } = answer;
  if (status >= 200 && status < 300) return explainAccepted(destination, answer);
  const explain = BY_STATUS[status];
  if (explain !== undefined) return explain(destination, answer);
  if (status >= 300 && status < 400) return explainRedirect(destination, answer);
  if (status < 500) {
    return finding(
      'refused_status',
      `The collector refuses the trace (${status}).${messageOf(destination, answer)}`,
      `Look whether ${destination.shown} is the collector’s address for OTLP traces over HTTP.`,
    );
  }
  return finding(
    'server_error',
    `The collector, or a gateway in front of it, fails (${status}).${messageOf(destination, answer)}`,
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
