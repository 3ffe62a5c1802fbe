import type { Endpoint } from './endpoint.js';
import type { HeaderEntries } from './headers.js';
import type { OptionSource } from './option-row.js';

/** The value of the `Authorization` header, and who gave it. */
export interface Authorization {
  readonly value: string;
  readonly source: OptionSource;
}

/** Everything that can authorise a request. */
export interface AuthorizationInput {
  readonly endpoint: Endpoint | undefined;
  readonly endpointSource: OptionSource;
  readonly token: string | undefined;
  readonly tokenSource: OptionSource;
  readonly headers: HeaderEntries;
}

/**
 * Decides which credential goes with the requests. Code comes before the environment, and there
 * what was written for this endpoint comes before what was written for another:
 *
 * 1. `Authorization` of the option `headers`, 2. the option `token`, 3. user info in the endpoint's
 * URL, 4. `Authorization` of `OTEL_EXPORTER_OTLP_*HEADERS` when the endpoint is one of
 * `OTEL_EXPORTER_OTLP_*ENDPOINT`, 5. the token of a variable, 6. `Authorization` of
 * `OTEL_EXPORTER_OTLP_*HEADERS` otherwise.
 *
 * Without the fourth rule an API key that is set for a model provider would take the place of the
 * credential of somebody's collector, and reach that collector.
 */
export function resolveAuthorization(input: AuthorizationInput): Authorization | undefined {
  const header = input.headers.get('authorization');
  const token = asAuthorization(input.token, input.tokenSource);
  const userInfo = asAuthorization(input.endpoint?.authorization, input.endpointSource);
  if (header?.source === 'option') return header;
  if (token?.source === 'option') return token;
  if (userInfo !== undefined) return userInfo;
  if (header !== undefined && input.endpointSource.startsWith('OTEL_')) return header;
  return token ?? header;
}

function asAuthorization(
  value: string | undefined,
  source: OptionSource,
): Authorization | undefined {
  return value === undefined ? undefined : { value, source };
}
