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
  const http = env['REQUEST_METHOD'] === undefined ? read(env, 'http_proxy') : env['http_proxy'];
  const all = read(env, 'all_proxy');
  return { http: http ?? all, https: read(env, 'https_proxy') ?? all, none: read(env, 'no_proxy') };
}

/** The lower-case name wins, as in curl; blank is unset. `ALL_PROXY` stands in for either scheme. */
function read(env: Environment, name: string): string | undefined {
  const value = (env[name] ?? env[name.toUpperCase()])?.trim();
  return value === '' ? undefined : value;
}
