import { validateHeaderName, validateHeaderValue } from 'node:http';
import { asPrintable, type Diagnostics } from '../diagnostics.js';
import { RESERVED_HEADERS } from '../options/headers.js';

function isValidHeader(name: string, value: string): boolean {
  try {
    validateHeaderName(name);
    validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

/**
 * The headers that can be sent, by lower-case name. One that could not (a line break in its value,
 * a name that is none) is left out and named in a warning; values are never told.
 */
export function resolveRequestHeaders(
  headers: Readonly<Record<string, string>>,
  diagnostics: Diagnostics,
): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const lower = name.toLowerCase();
    const shown = JSON.stringify(asPrintable(name, 60));
    if (RESERVED_HEADERS.has(lower)) {
      diagnostics.warnOnce(
        `delivery_header_${lower}`,
        `The header ${shown} is set by the transport; the configured one is not sent.`,
      );
    } else if (isValidHeader(name, value)) {
      result[lower] = value;
    } else {
      diagnostics.warnOnce(
        `delivery_header_${asPrintable(lower, 60)}`,
        `The header ${shown} has characters that HTTP does not allow; it is not sent.`,
      );
    }
  }
  return result;
}

/**
 * Makes a stranger's words fit to be shown: one short line, in which no header value stands, since
 * servers like to repeat the token that they refuse.
 */
export function createScrubber(
  headers: Readonly<Record<string, string>>,
): (text: string) => string {
  const secrets = Object.values(headers)
    // Also the bare token of `Bearer <token>`.
    .flatMap((value) => [value, ...value.split(/\s+/)])
    .filter((secret) => secret.length >= 4 && !/^(basic|bearer)$/i.test(secret))
    .toSorted((a, b) => b.length - a.length);
  return (text) =>
    asPrintable(
      secrets.reduce(
        (shown, secret) => shown.replaceAll(secret, '[redacted]'),
        text.slice(0, 4096),
      ),
      200,
    );
}
