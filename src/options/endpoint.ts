import { type HeaderEntry, isHeaderValue } from './headers.js';
import { describeType, type ValueSource, withoutQuotes } from './option-readers.js';

/** Where spans are POSTed to. */
export interface Endpoint {
  /** The whole URL, query included and user info taken out. Shown to people by {@link displayUrl} only. */
  readonly url: string;
  /** `option`, or the name of the variable. */
  readonly source: string;
  /** Of user info in the URL (`https://user:password@host`), or of the variables of a backend. */
  readonly authorization: HeaderEntry | undefined;
  /** Headers that the backend behind it asks for, weaker than configured ones. */
  readonly headers?: Readonly<Record<string, string>>;
}

const TRACES_PATH = '/v1/traces';
const TRACES_ENDPOINT = 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT';
const LANGFUSE_PATH = '/api/public/otel';
const LANGFUSE_ENDPOINT = 'LANGFUSE_BASE_URL';
const LANGFUSE_KEYS = ['LANGFUSE_PUBLIC_KEY', 'LANGFUSE_SECRET_KEY'] as const;
const PHOENIX_ENDPOINT = 'PHOENIX_COLLECTOR_ENDPOINT';

/** Variables that name an endpoint. Those of backends come last: for when nothing else names one. */
export const ENDPOINT_VARIABLES: readonly string[] = [
  'CATALYST_OTLP_ENDPOINT',
  'INFERENCE_OTLP_ENDPOINT',
  'OTLP_ENDPOINT',
  TRACES_ENDPOINT,
  'OTEL_EXPORTER_OTLP_ENDPOINT',
  LANGFUSE_ENDPOINT,
  PHOENIX_ENDPOINT,
];

/**
 * Reads a base URL and appends `/v1/traces` to its path, unless the path ends with it already. A
 * prefix path and the query stay; a fragment, which no request carries, goes.
 * `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` is used as it is.
 */
export function readEndpoint(value: unknown, source: ValueSource): Endpoint | undefined {
  switch (source.name) {
    case TRACES_ENDPOINT:
      return readUrl(value, source, (path) => path);
    case LANGFUSE_ENDPOINT:
      return readLangfuse(value, source);
    case PHOENIX_ENDPOINT:
      return readPhoenix(value, source);
    default:
      return readUrl(value, source, withTracesPath);
  }
}

/** `LANGFUSE_BASE_URL`, when both keys are set with it: without them it is no place for spans. */
function readLangfuse(value: unknown, source: ValueSource): Endpoint | undefined {
  const [publicKey, secretKey] = LANGFUSE_KEYS.map((name) => readVariable(source.env, name));
  if (publicKey === undefined || secretKey === undefined) return undefined;
  const endpoint = readUrl(value, source, (path) => append(path, LANGFUSE_PATH) + TRACES_PATH);
  return (
    endpoint && {
      ...endpoint,
      authorization: { value: asBasic(publicKey, secretKey), source: source.name },
      // Without it Langfuse shows spans ten minutes late.
      headers: { 'x-langfuse-ingestion-version': '4' },
    }
  );
}

/** `PHOENIX_COLLECTOR_ENDPOINT`, with `PHOENIX_API_KEY` when that is set. */
function readPhoenix(value: unknown, source: ValueSource): Endpoint | undefined {
  const endpoint = readUrl(value, source, withTracesPath);
  const key = readVariable(source.env, 'PHOENIX_API_KEY');
  if (endpoint === undefined || key === undefined) return endpoint;
  if (!isHeaderValue(key)) {
    source.note('is used without PHOENIX_API_KEY, which HTTP cannot carry');
    return endpoint;
  }
  return { ...endpoint, authorization: { value: `Bearer ${key}`, source: source.name } };
}

/**
 * What to set where nothing names an endpoint. Keys of Langfuse alone are no endpoint: its regions
 * are separate, and a default would send content to the wrong one.
 */
export function suggestEndpoint(env: NodeJS.ProcessEnv): string {
  const hasKeys = LANGFUSE_KEYS.every((name) => readVariable(env, name) !== undefined);
  return hasKeys && readVariable(env, LANGFUSE_ENDPOINT) === undefined
    ? `Set ${LANGFUSE_ENDPOINT} next to the keys of Langfuse: https://cloud.langfuse.com (EU), https://us.cloud.langfuse.com (US), or your own.`
    : 'Set CATALYST_OTLP_ENDPOINT to the base URL of the collector, or the option "endpoint".';
}

/** Blank is unset. */
function readVariable(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}

function withTracesPath(path: string): string {
  return append(path, TRACES_PATH);
}

function append(path: string, suffix: string): string {
  const base = path.replace(/\/+$/, '');
  return base.endsWith(suffix) ? base : base + suffix;
}

/** A URL that may be shown: origin and path. The query can hold a key, so it stays out. */
export function displayUrl(url: string): string {
  const parsed = parseUrl(url);
  return parsed === undefined ? '(not a URL)' : parsed.origin + parsed.pathname;
}

function readUrl(
  value: unknown,
  source: ValueSource,
  mapPath: (path: string) => string,
): Endpoint | undefined {
  // A URL is known by its tag: it may come from another realm, as under jest.
  const isUrl = Object.prototype.toString.call(value) === '[object URL]';
  const text = typeof value === 'string' || isUrl ? String(value).trim() : undefined;
  const url = text === undefined ? undefined : parseUrl(text);
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    const seen = text === undefined ? describeType(value) : describeBadUrl(text);
    return source.refuse(
      `must be an http or https URL such as https://collector.example.com; saw ${seen}`,
    );
  }
  let authorization: HeaderEntry | undefined;
  if (url.username !== '' || url.password !== '') {
    try {
      const credential = asBasic(
        decodeURIComponent(url.username),
        decodeURIComponent(url.password),
      );
      authorization = { value: credential, source: source.name };
    } catch {
      return source.refuse(
        'has a user name or password that is not percent-encoded as a URL asks for',
      );
    }
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  url.pathname = mapPath(url.pathname);
  return { url: url.href, source: source.name, authorization };
}

// The error of the constructor carries its input, credentials included, so it goes nowhere.
function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function asBasic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`;
}

/**
 * Shows a bad URL only when it can be nothing but a plain address: a user name, a query, or a
 * token that was put into the wrong variable must not reach a log.
 */
function describeBadUrl(text: string): string {
  const unquoted = withoutQuotes(text);
  if (unquoted !== text && parseUrl(unquoted) !== undefined) {
    return 'a URL in quotation marks: remove the quotation marks';
  }
  const plainUrl = /^[a-z][a-z0-9+.-]{0,15}:\/\/[a-z0-9.:[\]-]{0,100}(?:\/[a-z0-9./_-]{0,40})?$/i;
  const hostAndPort = /^[a-z0-9.-]{1,60}:\d{1,5}(?:\/[a-z0-9./_-]{0,40})?$/i;
  if (plainUrl.test(text)) return `"${text}"`;
  if (hostAndPort.test(text)) return `"${text}", which lacks http:// or https://`;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text)
    ? 'a URL that cannot be parsed (not shown: it may hold credentials)'
    : 'a text without http:// or https:// (not shown: it may be a credential)';
}

/** Proxies by the scheme of the target, as the environment names them. May hold credentials. */
export interface ProxySettings {
  /** `HTTP_PROXY`: for `http:` targets. */
  readonly http: string | undefined;
  /** `HTTPS_PROXY`: for `https:` targets. */
  readonly https: string | undefined;
  /** `NO_PROXY`: hosts that are reached directly. */
  readonly none: string | undefined;
}

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` (both schemes) and `NO_PROXY`. The lower-case name
 * wins, as in curl.
 */
export function resolveProxySettings(env: NodeJS.ProcessEnv): ProxySettings {
  const read = (name: string): string | undefined =>
    (env[name] ?? env[name.toUpperCase()])?.trim() || undefined;
  // Behind a CGI server `HTTP_PROXY` is a header that the client sent ("httpoxy").
  const isCgi = env['REQUEST_METHOD'] !== undefined;
  const all = read('all_proxy');
  return {
    http: (isCgi ? env['http_proxy'] : read('http_proxy')) ?? all,
    https: read('https_proxy') ?? all,
    none: read('no_proxy'),
  };
}
