import { describeType, isHeaderValue, type Reading, withoutQuotes } from './option-readers.js';

/** Where spans are POSTed to. */
export interface Endpoint {
  /** The whole URL, query included and user info taken out. Shown to people by {@link displayUrl} only. */
  readonly url: string;
  /**
   * `Basic …` when the URL was written with user info (`https://user:password@host`), and what the
   * variables of Langfuse and Phoenix say.
   */
  readonly authorization: string | undefined;
  /** Headers that the backend behind it asks for, weaker than configured ones. */
  readonly headers?: Readonly<Record<string, string>>;
}

const TRACES_PATH = '/v1/traces';
const LANGFUSE_PATH = '/api/public/otel';
const EXAMPLE = 'an http or https URL such as https://collector.example.com';

/**
 * Reads a base URL and appends `/v1/traces` to its path, unless the path ends with it already.
 * A prefix path and the query stay; a fragment, which no request carries, goes.
 */
export function readBaseUrl(value: unknown): Reading<Endpoint> {
  return readUrl(value, (path) => {
    const base = path.replace(/\/+$/, '');
    return base.endsWith(TRACES_PATH) ? base : base + TRACES_PATH;
  });
}

/** Reads the URL of the traces endpoint itself, which is used as it is. */
export function readTracesUrl(value: unknown): Reading<Endpoint> {
  return readUrl(value, (path) => path);
}

/** Variables of backends, asked for an endpoint when nothing else names one. */
export const LANGFUSE_ENDPOINT = 'LANGFUSE_BASE_URL';
export const PHOENIX_ENDPOINT = 'PHOENIX_COLLECTOR_ENDPOINT';

const LANGFUSE_KEYS = ['LANGFUSE_PUBLIC_KEY', 'LANGFUSE_SECRET_KEY'] as const;

/** `LANGFUSE_BASE_URL`, when both keys are set with it: without them it is no place for spans. */
export function readLangfuseUrl(text: string, env: NodeJS.ProcessEnv): Reading<Endpoint> {
  const [publicKey = '', secretKey = ''] = LANGFUSE_KEYS.map((name) => env[name]?.trim());
  if (publicKey === '' || secretKey === '') return undefined;
  const reading = readUrl(text, (path) => {
    const base = path.replace(/\/+$/, '');
    const api = base.endsWith(LANGFUSE_PATH) ? base : base + LANGFUSE_PATH;
    return api + TRACES_PATH;
  });
  if (reading === undefined || 'problem' in reading) return reading;
  return {
    value: Object.freeze({
      url: reading.value.url,
      authorization: asBasic(publicKey, secretKey),
      // Without it Langfuse shows spans ten minutes late.
      headers: Object.freeze({ 'x-langfuse-ingestion-version': '4' }),
    }),
  };
}

/**
 * What to set where nothing names an endpoint. Keys of Langfuse alone are no endpoint: its regions
 * are separate, and a default would send content to the wrong one.
 */
export function suggestEndpoint(env: NodeJS.ProcessEnv): string {
  const hasKeys = LANGFUSE_KEYS.every((name) => (env[name]?.trim() ?? '') !== '');
  return hasKeys && (env[LANGFUSE_ENDPOINT]?.trim() ?? '') === ''
    ? `Set ${LANGFUSE_ENDPOINT} next to the keys of Langfuse: https://cloud.langfuse.com (EU), https://us.cloud.langfuse.com (US), or your own.`
    : 'Set CATALYST_OTLP_ENDPOINT to the base URL of the collector, or the option "endpoint".';
}

/** `PHOENIX_COLLECTOR_ENDPOINT`, with `PHOENIX_API_KEY` when that is set. */
export function readPhoenixUrl(text: string, env: NodeJS.ProcessEnv): Reading<Endpoint> {
  const reading = readBaseUrl(text);
  const key = env['PHOENIX_API_KEY']?.trim() ?? '';
  if (reading === undefined || 'problem' in reading || key === '') return reading;
  const authorization = `Bearer ${key}`;
  if (!isHeaderValue(authorization)) {
    return { ...reading, note: 'is used without PHOENIX_API_KEY, which HTTP cannot carry' };
  }
  return { value: Object.freeze({ url: reading.value.url, authorization }) };
}

/** A URL that may be shown: origin and path. The query can hold a key, so it stays out. */
export function displayUrl(url: string): string {
  const parsed = parseUrl(url);
  return parsed === undefined ? '(not a URL)' : parsed.origin + parsed.pathname;
}

function readUrl(value: unknown, mapPath: (path: string) => string): Reading<Endpoint> {
  if (typeof value !== 'string' && !isUrl(value)) {
    return { problem: `must be ${EXAMPLE}; saw ${describeType(value)}` };
  }
  const text = String(value).trim();
  const url = parseUrl(text);
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return { problem: `must be ${EXAMPLE}; saw ${describeBadUrl(text)}` };
  }
  const authorization = basicAuthorization(url);
  if (authorization === null) {
    return { problem: 'has a user name or password that is not percent-encoded as a URL asks for' };
  }
  url.username = '';
  url.password = '';
  url.hash = '';
  url.pathname = mapPath(url.pathname);
  return { value: Object.freeze({ url: url.href, authorization }) };
}

/** Known by its tag: a URL may come from another realm, as under jest. */
function isUrl(value: unknown): boolean {
  return Object.prototype.toString.call(value) === '[object URL]';
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

/** `undefined` without user info, `null` when it cannot be decoded. */
function basicAuthorization(url: URL): string | undefined | null {
  if (url.username === '' && url.password === '') return undefined;
  try {
    return asBasic(decodeURIComponent(url.username), decodeURIComponent(url.password));
  } catch {
    return null;
  }
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

type Environment = Readonly<Record<string, string | undefined>>;

/** Reads `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, in either case. */
export function resolveProxySettings(env: Environment): ProxySettings {
  // Behind a CGI server `HTTP_PROXY` is a header that the client sent ("httpoxy").
  const http =
    env['REQUEST_METHOD'] === undefined ? readProxy(env, 'http_proxy') : env['http_proxy'];
  const all = readProxy(env, 'all_proxy');
  return {
    http: http ?? all,
    https: readProxy(env, 'https_proxy') ?? all,
    none: readProxy(env, 'no_proxy'),
  };
}

/** The lower-case name wins, as in curl; blank is unset. `ALL_PROXY` is for both schemes. */
function readProxy(env: Environment, name: string): string | undefined {
  const value = (env[name] ?? env[name.toUpperCase()])?.trim();
  return value === '' ? undefined : value;
}
