import type { HttpResponse } from '../../export/http-transport.js';
import { messageOf, readPartialSuccess } from '../../export/otlp-response.js';
import { type Facts, finding, type Finding } from './findings.js';

/** Where traces go, and what findings say of it. It contains no secret. */
export interface Destination {
  readonly url: URL;
  readonly facts: {
    /** Variable that the endpoint came from, or the option. */
    readonly endpointFrom: string;
    /** Where the `Authorization` header came from; `undefined` without one. */
    readonly authorizationFrom: string | undefined;
    /** Basic, Bearer or another. */
    readonly scheme: string;
    /** Host and port of the proxy on the way. */
    readonly proxy: string | undefined;
  } & Facts;
  /** Makes one short line of the collector's message, without header values. */
  readonly scrub: (text: string) => string;
}

const TRACES_PATH = '/v1/traces';

/** Says what an answer means, and what to do about it. */
export function explainAnswer(answer: HttpResponse, to: Destination, traceId: string): Finding {
  const { status, headers, body } = answer;
  const type = headers['content-type'] ?? '';
  // Without query and user info, which may be secrets.
  const location = headers.location?.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
  const facts = {
    ...to.facts,
    traceId,
    status,
    where: location === undefined ? 'another address' : to.scrub(`a redirect to ${location}`),
    says: says(answer, type, to),
  };
  const found = (id: string): Finding => finding(`collector.${id}`, facts);
  const isAnonymous = to.facts.authorizationFrom === undefined;
  if (status >= 200 && status < 300) {
    if (type.startsWith('text/html')) return found('web_page');
    const outcome = readPartialSuccess(body, type);
    return found(outcome.kind === 'accepted' && outcome.rejected > 0 ? 'rejected' : 'accepted');
  }
  switch (status) {
    case 400: {
      const wantsTls = /plain HTTP request was sent to HTTPS/i.test(body.toString('utf8'));
      return found(wantsTls ? 'wants_tls' : 'bad_request');
    }
    case 401: {
      const wantsBasic = /^basic/i.test(headers['www-authenticate'] ?? '');
      if (isAnonymous) return found('unauthorized none');
      const sendsBasic = /^basic$/i.test(to.facts.scheme);
      return found(wantsBasic && !sendsBasic ? 'unauthorized wants-basic' : 'unauthorized');
    }
    case 403:
      return found(isAnonymous ? 'forbidden none' : 'forbidden');
    case 404:
    case 405:
      return explainPath(to.url, to.facts);
    case 407:
      return found('proxy_refused answer');
    case 413:
      return found('too_large');
    case 429:
      return found('rate_limited');
    default:
      if (status >= 300 && status < 400) return found('redirect');
      return found(status < 500 ? 'refused_status' : 'server_error');
  }
}

/** What the collector says, after a blank; empty when it says nothing that can be shown. */
function says({ status, body }: HttpResponse, type: string, { scrub }: Destination): string {
  const outcome = status < 300 ? readPartialSuccess(body, type) : undefined;
  const partial = outcome?.kind === 'accepted' ? outcome.message : '';
  const text = scrub(partial || messageOf(body, type));
  return text === '' || text.startsWith('<') || type.includes('html') ? '' : ` It says: ${text}`;
}

/** Why there is nothing at the path that the trace was sent to. */
function explainPath(url: URL, facts: Destination['facts']): Finding {
  const path = url.pathname.replace(/\/+$/, '');
  const undoubled = path.replace(/(?:\/v1(?:\/traces)?)+\/v1\/traces$/, TRACES_PATH);
  const prefix = undoubled.slice(0, -TRACES_PATH.length);
  if (undoubled !== path) {
    // This variable is used as it is, the others get the path appended.
    const isWhole = facts.endpointFrom === 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
    const wanted = `${url.origin}${isWhole ? undoubled : prefix}`;
    return finding('collector.path_doubled', { ...facts, wanted });
  }
  if (!path.endsWith(TRACES_PATH)) {
    const wanted = `${url.origin}${path}${TRACES_PATH}`;
    return finding('collector.path_incomplete', { ...facts, wanted });
  }
  const id = prefix === '' ? 'collector.path_unknown root' : 'collector.path_unknown';
  return finding(id, { ...facts, prefix });
}

/** Node's codes of failures, and the findings that explain them. */
const FAILURES: readonly (readonly [failure: RegExp, code: string])[] = [
  [/^the proxy refused/, 'proxy_refused'],
  [/^proxy (?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)$/, 'proxy_away'],
  [/^HPE_/, 'not_http'],
  [/ECONNREFUSED$/, 'refused'],
  [/(?:ENOTFOUND|EAI_AGAIN)$/, 'dns'],
  [/(?:timeout|does not answer|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/, 'timeout'],
  [/SELF_SIGNED_CERT|UNABLE_TO_(?:VERIFY|GET_ISSUER)/, 'tls_untrusted'],
  [/CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/, 'tls_expired'],
  [/ALTNAME_INVALID$/, 'tls_name'],
  [/EPROTO|WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/, 'not_tls'],
];

/** Says what a request that got no answer ran into, and what to do about it. */
export function explainFailure(failure: string, to: Destination): Finding {
  const isDirect = to.facts.proxy === undefined || failure.startsWith('the ');
  const named = isDirect ? failure : `proxy ${failure}`;
  const [, code = 'cut'] = FAILURES.find(([pattern]) => pattern.test(named)) ?? [];
  const isLocal = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(to.url.hostname);
  const isGrpc = to.url.port === '4317' && (code === 'refused' || code === 'cut');
  const variant = isGrpc ? ' grpc' : code === 'refused' && isLocal ? ' local' : '';
  return finding(`collector.${code}${variant}`, { ...to.facts, failure: to.scrub(failure) });
}
