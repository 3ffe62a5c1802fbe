const TRACES_PATH = /\/v1\/traces$/;

/**
 * Where metrics go beside spans: `/v1/metrics` in place of `/v1/traces`, the query kept. `undefined`
 * when the URL of the spans, used as it was given, does not say.
 */
export function metricsUrl(tracesUrl: string): string | undefined {
  const url = new URL(tracesUrl);
  if (!TRACES_PATH.test(url.pathname)) return undefined;
  url.pathname = url.pathname.replace(TRACES_PATH, '/v1/metrics');
  return url.href;
}
