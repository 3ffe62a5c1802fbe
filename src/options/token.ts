import { describeType } from './describe-value.js';
import { isHeaderValue } from './headers.js';
import type { Reading } from './option-row.js';

/**
 * Reads a bearer token and gives the value of the `Authorization` header. `Bearer ` in front, in
 * any case, is taken as written by the user and not doubled. The problems tell what is wrong and
 * show nothing of the token.
 */
export function readToken(value: unknown): Reading<string> {
  if (typeof value !== 'string') return { problem: `must be a string; saw ${describeType(value)}` };
  const token = value.trim().replace(/^bearer(?:[ \t]+|$)/i, '');
  if (token === '') return { problem: 'has no token after "Bearer"' };
  if (!isHeaderValue(token)) {
    return { problem: 'has line breaks, control characters or letters that HTTP cannot carry' };
  }
  if (/\s/.test(token)) {
    return {
      problem:
        'has a space in it, which no bearer token has; for another scheme set the Authorization header in "headers"',
    };
  }
  return { value: `Bearer ${token}` };
}
