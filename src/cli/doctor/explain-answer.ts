import type { HttpAnswer } from '../../http/answer-reader.js';
import { judgeAnswer, readAnswerWords } from '../../export/answer-verdict.js';
import type { CollectorFacts } from './collector-facts.js';
import { explainPath } from './explain-path.js';
import type { Finding, FindingLevel } from './finding.js';

type Answered = (facts: CollectorFacts, answer: HttpAnswer) => Finding;

/** Statuses with an explanation of their own; others go by their hundred. */
const BY_STATUS: Readonly<Record<number, Answered>> = {
  400: (facts, answer) =>
    /plain HTTP request was sent to HTTPS/i.test(answer.body.toString('utf8'))
      ? finding(
          'wants_tls',
          `${facts.url.host} wants TLS.`,
          `Write https:// instead of http:// in ${facts.endpointFrom}.`,
        )
      : finding(
          'bad_request',
          `The collector could not read the request (400).${words(facts, answer)}`,
          `Look whether ${facts.shown} is the collector’s address for OTLP traces over HTTP.`,
        ),
  401: explainUnauthorized,
  403: (facts, answer) =>
    finding(
      'forbidden',
      `The collector knows the credentials and forbids writing traces with them (403).${words(facts, answer)}`,
      facts.authorizationFrom === undefined
        ? 'Set CATALYST_OTLP_TOKEN, or the header that the backend asks for in OTEL_EXPORTER_OTLP_HEADERS.'
        : `Let the key in ${facts.authorizationFrom} write traces (a public or read-only key may not), and look whether it belongs to this project, organisation and region.`,
    ),
  404: explainPath,
  405: explainPath,
  407: (facts) =>
    finding(
      'proxy_refused',
      `The proxy ${facts.proxy ?? ''} asks for credentials (407).`,
      `Put them into HTTP_PROXY (http://user:password@host:port), or go past it: NO_PROXY=${facts.url.hostname}`,
    ),
  413: (facts, answer) =>
    finding(
      'too_large',
      `Even a trace of one span is too large for the collector (413).${words(facts, answer)}`,
      'Raise the body limit of the collector, or of the proxy in front of it (nginx: client_max_body_size).',
    ),
  429: (facts, answer) =>
    finding(
      'rate_limited',
      `The collector takes no more traces for now (429).${words(facts, answer)}`,
      'Traces are kept and sent again. If it lasts, look at the quota of the plan or the limits of the collector.',
      'warning',
    ),
};

function finding(
  code: string,
  text: string,
  fix: string,
  level: FindingLevel = 'problem',
): Finding {
  return { topic: 'collector', code: `collector.${code}`, level, text, fix };
}

/** What the collector says, after a blank; empty when it says nothing that can be shown. */
function words(facts: CollectorFacts, answer: HttpAnswer): string {
  const verdict = judgeAnswer(answer, Date.now());
  const said = facts.scrub('words' in verdict ? verdict.words : readAnswerWords(answer));
  return said === '' || said.startsWith('<') ? '' : ` It says: ${said}`;
}

function explainUnauthorized(facts: CollectorFacts, answer: HttpAnswer): Finding {
  const asked = answer.headers['www-authenticate'] ?? '';
  const text = `The collector does not accept the credentials (401).${words(facts, answer)}`;
  if (facts.authorizationFrom === undefined) {
    return finding(
      'unauthorized',
      `The collector asks for credentials and none are set (401).${words(facts, answer)}`,
      /^basic/i.test(asked)
        ? 'Set OTEL_EXPORTER_OTLP_HEADERS="Authorization=Basic <base64 of user:password>".'
        : 'Set CATALYST_OTLP_TOKEN, or the header that the backend asks for: OTEL_EXPORTER_OTLP_HEADERS="name=value".',
    );
  }
  if (/^basic/i.test(asked) && facts.scheme !== 'Basic') {
    return finding(
      'unauthorized',
      `${text} It asks for Basic, and ${facts.scheme ?? 'another scheme'} is sent.`,
      `Unset ${facts.authorizationFrom} and set OTEL_EXPORTER_OTLP_HEADERS="Authorization=Basic <base64 of user:password>".`,
    );
  }
  return finding(
    'unauthorized',
    text,
    `Correct the value of ${facts.authorizationFrom}: it may be cut, expired, or of another project, region or environment.`,
  );
}

function explainRedirect(facts: CollectorFacts, answer: HttpAnswer): Finding {
  const verdict = judgeAnswer(answer, Date.now());
  const where = 'words' in verdict ? facts.scrub(verdict.words) : 'another address';
  return finding(
    'redirect',
    `The collector answers with ${where} (${answer.status}), which is not followed: it would lose the request’s body or give its key away.`,
    `Set ${facts.endpointFrom} to the address that it redirects to (often https:// instead of http://, or a login page in front of the collector).`,
  );
}

function explainAccepted(facts: CollectorFacts, answer: HttpAnswer): Finding {
  const verdict = judgeAnswer(answer, Date.now());
  if (/^text\/html/i.test(answer.headers['content-type'] ?? '')) {
    return finding(
      'web_page',
      `${facts.shown} answers ${answer.status} with a web page: this is no collector.`,
      `Set ${facts.endpointFrom} to the address for OTLP over HTTP; a backend’s web interface often has another port or path.`,
    );
  }
  if (verdict.kind === 'accepted' && verdict.rejected > 0) {
    return finding(
      'rejected',
      `The collector took the request and rejected the span.${words(facts, answer)}`,
      'Look into the collector’s log for the reason.',
    );
  }
  return {
    topic: 'collector',
    code: 'collector.accepted',
    level: 'ok',
    text: `The collector at ${facts.shown} accepted a test trace (${answer.status}).${words(facts, answer)}`,
  };
}

/** Says what an answer means, and what to do about it. */
export function explainAnswer(answer: HttpAnswer, facts: CollectorFacts): Finding {
  const { status } = answer;
  if (status >= 200 && status < 300) return explainAccepted(facts, answer);
  const explain = BY_STATUS[status];
  if (explain !== undefined) return explain(facts, answer);
  if (status >= 300 && status < 400) return explainRedirect(facts, answer);
  if (status < 500) {
    return finding(
      'refused_status',
      `The collector refuses the trace (${status}).${words(facts, answer)}`,
      `Look whether ${facts.shown} is the collector’s address for OTLP traces over HTTP.`,
    );
  }
  return finding(
    'server_error',
    `The collector, or a gateway in front of it, fails (${status}).${words(facts, answer)}`,
    'Look into its log, and whether its own backend is up. Traces are kept and sent again for five minutes.',
  );
}
